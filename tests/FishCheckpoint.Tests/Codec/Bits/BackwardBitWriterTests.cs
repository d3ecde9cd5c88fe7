using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Bits;

public sealed class BackwardBitWriterTests
{
    [Fact]
    public void Append_NumbersWrittenBackwards_IsWhatBitWriterWritesOfThem() => Properties.ForSeeds(200, random =>
    {
        var numbers = Enumerable.Range(0, random.Next(0, 60)).Select(_ => random.Next(65))
            .Select(bits => (Value: Draw(random, bits), Bits: bits)).ToArray();
        var (room, expected, appended) = (new byte[600], new byte[600], new byte[600]);
        var backwards = new BackwardBitWriter(room);
        foreach (var (value, bits) in numbers.Reverse())
        {
            backwards.WriteLong(value, bits);
        }

        // What stood there before stays.
        var (head, headBits) = (Draw(random, 5), 5);
        var plain = new BitWriter(expected);
        var writer = new BitWriter(appended);
        plain.Write(head, headBits);
        writer.Write(head, headBits);
        foreach (var (value, bits) in numbers)
        {
            plain.WriteLong(value, bits);
        }

        BackwardBitWriter.Append(ref writer, room, backwards.Start);
        Assert.Equal(numbers.Sum(number => number.Bits), (8 * room.Length) - backwards.Start);
        Assert.Equal(plain.Length, writer.Length);
        Assert.Equal(expected[..plain.Length], appended[..plain.Length]);
    });

    private static ulong Draw(Random random, int bits) =>
        bits == 64 ? (ulong)random.NextInt64() << 1 : (ulong)random.NextInt64() & ((1UL << bits) - 1);
}
