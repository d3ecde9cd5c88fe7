using System.Numerics;
using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class MagnitudeCoderTests
{
    private readonly MagnitudeCoder coder = new();

    [Fact]
    public void Decode_AnyNumbersOfAnyWidth_IsTheMirrorOfEncode() => Properties.ForSeeds(80, random =>
    {
        var (count, classes) = (random.Next(1, 3000), random.Next(1, MagnitudeCoder.MaxClasses + 1));
        var bits = random.Next(1, 65);
        var of = Enumerable.Range(0, count).Select(_ => (byte)random.Next(classes)).ToArray();
        var numbers = of.Select(
            known => (ulong)random.NextInt64() * 2 >> random.Next(64 - bits, 64) >> Math.Min(known, bits - 1)).ToArray();
        AssertMirror(numbers, of, classes);
        AssertMirror(numbers.Select(number => (uint)number).ToArray(), of, classes);
        AssertMirror(numbers.Select(number => (ushort)number).ToArray(), [], 1);
        AssertMirror(numbers.Select(number => (byte)number).ToArray(), of, classes);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40_000)]
    public void Decode_OneNumberAgainAndAgain_TakesNoBits(int count)
    {
        var numbers = Enumerable.Repeat(1U, count).ToArray();
        Assert.InRange(AssertMirror(numbers, [], 1), 1, 12);
    }

    [Fact]
    public void Encode_SkewedSymbols_ComesWithinAPercentOfTheEntropy()
    {
        var random = new Random(7);
        var numbers = Enumerable.Range(0, 100_000)
            .Select(_ => (ushort)Math.Min(15, BitOperations.TrailingZeroCount(random.Next() | 1 << 20) / 2)).ToArray();
        var entropy = numbers.GroupBy(number => number)
            .Sum(group => -group.Count() * Math.Log2(group.Count() / (double)numbers.Length)) / 8;
        Assert.InRange(AssertMirror(numbers, [], 1), entropy, entropy * 1.01);
    }

    [Fact]
    public void Encode_ClassesThatDiffer_TellsThemApart()
    {
        var random = new Random(3);
        var classes = Enumerable.Range(0, 50_000).Select(_ => (byte)random.Next(8)).ToArray();
        var numbers = classes.Select(of => (uint)(of < 4 ? 1 : random.Next(1 << of))).ToArray();
        Assert.True(AssertMirror(numbers, classes, 8) < 0.8 * AssertMirror(numbers, [], 1));
    }

    [Fact]
    public void Decode_AnyBytes_GivesAnAnswerOrMinusOne() => Properties.ForSeeds(400, random =>
    {
        var bytes = new byte[random.Next(0, 200)];
        random.NextBytes(bytes);
        var numbers = new uint[random.Next(1, 500)];
        Assert.InRange(coder.Decode(bytes, random.Next(2) == 0, new byte[numbers.Length], random.Next(1, 32), numbers), -1, bytes.Length);
    });

    private int AssertMirror<T>(T[] numbers, byte[] classes, int classCount)
        where T : unmanaged, IBinaryInteger<T>
    {
        var encoded = new byte[MagnitudeCoder.RoomFor(numbers.Length, System.Runtime.CompilerServices.Unsafe.SizeOf<T>())];
        var length = 0;
        foreach (var signed in new[] { true, false })
        {
            length = coder.Encode<T>(numbers, signed, classes, classCount, encoded);
            var again = new T[numbers.Length];
            Assert.Equal(length, coder.Decode<T>(encoded.AsSpan(0, length), signed, classes, classCount, again));
            Assert.Equal(numbers, again);
        }

        return length;
    }
}
