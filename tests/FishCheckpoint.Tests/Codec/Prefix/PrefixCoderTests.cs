using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tests.Support;
using PlainFormat;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Prefix;

public sealed class PrefixCoderTests
{
    private readonly PrefixCoder coder = new();
    private readonly byte[] room = new byte[ChunkCoder.MaxEncoded];

    [Fact]
    public void TryDecode_NumbersOfAnySpread_IsTheMirrorOfTryEncode() => Properties.ForSeeds(100, random =>
    {
        var numbers = Draw(random, random.Next(PrefixCoder.MinCount, 9000));
        var again = new uint[numbers.Length];
        if (coder.TryEncode(numbers, room) is var length and > 0)
        {
            Assert.InRange(length, 1, numbers.Length * sizeof(uint));
            Assert.True(coder.TryDecode(room.AsSpan(0, length), again));
            Assert.Equal(numbers, again);
        }
    });

    [Fact]
    public void TryEncode_Numbers_AreWhatThePageSays()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var numbers = Draw(new Random(seed), PrefixCoder.MinCount + seed);
            var length = coder.TryEncode(numbers, room);
            if (length > 0)
            {
                Assert.Equal(numbers.Select(number => (ulong)number), PlainPrefixes.Read(new PlainBytes(room[..length]), numbers.Length));
            }
        }

        Assert.NotEqual(0, coder.TryEncode(Draw(new Random(1), PrefixCoder.MinCount), room));
    }

    [Fact]
    public void TryEncode_AFullChunk_TakesItsEntropyAndOnePercent()
    {
        var random = new Random(5);
        var numbers = Enumerable.Range(0, DeltaChunk.Capacity)
            .Select(_ => (uint)Math.Exp(8 + (2 * (random.NextDouble() + random.NextDouble())))).ToArray();
        var symbols = numbers.Select(number => Magnitudes.SymbolOf(number)).ToArray();
        var bits = symbols.CountBy(symbol => symbol).Sum(pair => -pair.Value * Math.Log2((double)pair.Value / numbers.Length))
            + symbols.Sum(symbol => Magnitudes.BitsOf(signed: false)[symbol]);
        Assert.InRange(coder.TryEncode(numbers, room), bits / 8, (bits / 8 * 1.01) + 100);
    }

    [Fact]
    public void TryEncode_WhatItDoesNotSuit_IsNothing()
    {
        Assert.Equal(0, coder.TryEncode(Draw(new Random(1), PrefixCoder.MinCount - 1), room));
        Assert.Equal(0, coder.TryEncode(new uint[PrefixCoder.MinCount], room));
        Assert.Equal(0, coder.TryEncode([.. Enumerable.Range(0, 5000).Select(index => index % 5 == 0 ? 9u : 0)], room));
        Assert.Equal(0, coder.TryEncode(Draw(new Random(1), PrefixCoder.MinCount), new byte[1000]));
        var noise = new uint[6000];
        new Random(3).NextBytes(MemoryMarshal.AsBytes(noise.AsSpan()));
        Assert.Equal(0, coder.TryEncode(noise, room));
    }

    [Fact]
    public void Find_AnyNumbers_AreTheirSymbols()
    {
        uint[] numbers = [.. Enumerable.Range(0, 33)
            .SelectMany(bits => new[] { -2L, -1, 0, 1, 2 }.SelectMany(by => new[] { (1L << bits) + by, (3L << bits >> 1) + by }))
            .Select(number => (uint)Math.Clamp(number, 0, uint.MaxValue))];
        var symbols = new byte[numbers.Length];
        var (least, greatest) = MagnitudePlaces.Find(numbers, symbols);
        Assert.Equal(numbers.Select(number => (byte)Magnitudes.SymbolOf(number)), symbols);
        Assert.Equal((0, MagnitudePlaces.Symbols - 1), (least, greatest));
    }

    [Fact]
    public void Choose_Counts_AreACodeOfTheLeastBits() => Properties.ForSeeds(200, random =>
    {
        var counts = Enumerable.Range(0, MagnitudePlaces.Symbols)
            .Select(_ => random.Next(3) == 0 ? 0 : (int)Math.Pow(2, random.NextDouble() * 14)).ToArray();
        (counts[3], counts[60]) = (5, 7);
        var (lengths, again) = (new byte[counts.Length], new byte[counts.Length]);
        PrefixLengths.Choose(counts, lengths);
        Assert.Equal(PrefixLengths.Write(lengths, room), PrefixLengths.Read(room, again));
        Assert.Equal(lengths, again);
        Assert.Equal(counts.Select(count => count > 0), lengths.Select(length => length > 0));

        // At least one bit for each that Huffman would use, and few more where codes are cut short.
        var (queue, fewest) =
            (new PriorityQueue<long, long>(counts.Where(count => count > 0).Select(count => ((long)count, (long)count))), 0L);
        while (queue.Count > 1)
        {
            var joined = queue.Dequeue() + queue.Dequeue();
            fewest += joined;
            queue.Enqueue(joined, joined);
        }

        Assert.InRange(counts.Zip(lengths).Sum(pair => (long)pair.First * pair.Second), fewest, fewest * 1.05);
    });

    [Fact]
    public void TryDecode_DamagedBytes_NeverReadsPastThem() => Properties.ForSeeds(300, random =>
    {
        var numbers = Draw(new Random(random.Next(4)), PrefixCoder.MinCount);
        var length = coder.TryEncode(numbers, room);
        var damaged = room[..length];
        for (var change = random.Next(1, 4); change > 0 && length > 0; change--)
        {
            damaged[random.Next(random.Next(2) == 0 ? Math.Min(60, length) : length)] = (byte)random.Next(256);
        }

        coder.TryDecode(damaged.AsSpan(0, random.Next(2) == 0 ? length : random.Next(length + 1)),
            new uint[random.Next(1, 2 * numbers.Length)]);
    });

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0111")]
    [InlineData("481100000000000000000000")]
    [InlineData("0101000000000000000000000000")]
    [InlineData("011B000000000000000000000000")]
    [InlineData("001100000000000000000000000000")]
    [InlineData("0111FFFFFFFF0000000000000000")]
    [InlineData("0111000000000100000000000000")]
    [InlineData("0111010000000100000001000000000000")]
    [InlineData("01110100000001000000010000000400000F")]
    [InlineData("011101000000010000000100000000000000FF")]
    public void DecodeValues_AHostileHead_IsRefused(string hex)
    {
        var refused =
            Assert.Throws<FishException>(() => new ChunkCoder().DecodeValues(Convert.FromHexString("0202" + hex), 4, new byte[16]));
        Assert.Equal(ErrorCode.CorruptFrame, refused.Code);
    }

    [Fact]
    public void DecodeValues_FourNumbersByHand_AreRead()
    {
        // Two symbols of one bit each, 0 and 1; four streams of one number each.
        var again = new byte[16];
        Assert.Equal(ValueMap.Distance, new ChunkCoder()
            .DecodeValues(Convert.FromHexString("02020111" + "010000000100000001000000" + "00010001"), 4, again));
        Assert.Equal([0u, 1, 0, 1], MemoryMarshal.Cast<byte, uint>(again).ToArray());
        Assert.Throws<FishException>(() => new ChunkCoder()
            .DecodeValues(Convert.FromHexString("02020111" + "010000000100000001000000" + "00010001"), 2, new byte[8]));
        Assert.Throws<FishException>(() => new ChunkCoder()
            .DecodeValues(Convert.FromHexString("02020111" + "010000000100000001000000" + "00010003"), 4, again));
    }

    // Of all lengths up to some, as distances are.
    private static uint[] Draw(Random random, int count)
    {
        var (least, most) = (random.Next(2, 20), random.Next(20, 33));
        return [.. Enumerable.Range(0, count)
            .Select(_ => (uint)random.NextInt64(1L << Math.Max(0, most - BitOperations.Log2((uint)random.Next(1, 1 << (most - least))))))];
    }
}
