using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Deltas;

public sealed class BitwiseDiffTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Collect_EveryLengthAndAlignment_FindsWhatTheOracleFinds(int unitSize)
    {
        var random = new Random(unitSize);
        var (left, right) = (new byte[((300 + 8) * 8) + 8], new byte[((300 + 8) * 8) + 8]);
        for (var units = 0; units < 300; units += units < 140 ? 1 : 13)
        {
            for (var alignment = 0; alignment < 8; alignment += 1 + (units % 3))
            {
                random.NextBytes(left);
                left.CopyTo(right, 0);
                for (var change = random.Next(4); change > 0 && units > 0; change--)
                {
                    right[alignment + random.Next(units * unitSize)] ^= (byte)(1 << random.Next(8));
                }

                AssertSame(left.AsSpan(alignment, units * unitSize), right.AsSpan(alignment, units * unitSize), unitSize);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Collect_OneUnitAtEachPlace_IsFound(int unitSize)
    {
        const int Units = 200;
        for (var unit = 0; unit < Units; unit++)
        {
            for (var part = 0; part < unitSize; part++)
            {
                var (left, right) = (new byte[Units * unitSize], new byte[Units * unitSize]);
                right[(unit * unitSize) + part] = 0x80;
                AssertSame(left, right, unitSize);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Collect_EverythingDiffers_FindsAll(int unitSize)
    {
        var (left, right) = (new byte[131 * unitSize], new byte[131 * unitSize]);
        right.AsSpan().Fill(0xFF);
        AssertSame(left, right, unitSize);
    }

    [Fact]
    public void Collect_SeedsOfAnyDensity_FindsWhatTheOracleFinds() => Properties.ForSeeds(100, random =>
    {
        var unitSize = 1 << random.Next(4);
        var left = new byte[random.Next(2000) * unitSize];
        random.NextBytes(left);
        var right = left.ToArray();
        var density = Math.Pow(random.NextDouble(), 3);
        for (var index = 0; index < right.Length; index++)
        {
            right[index] = random.NextDouble() < density ? (byte)random.Next(256) : right[index];
        }

        AssertSame(left, right, unitSize);
    });

    [Fact]
    public void Collect_NegativeZeroAndNanPayloads_Differ()
    {
        float[] left =
            [0f, BitConverter.Int32BitsToSingle(0x7FC00000), BitConverter.Int32BitsToSingle(0x7FC00001), 1f, float.PositiveInfinity];
        float[] right =
            [-0f, BitConverter.Int32BitsToSingle(0x7FC00001), BitConverter.Int32BitsToSingle(0x7FC00001), 1f, float.NegativeInfinity];
        var found = new int[5];

        Assert.Equal(3, BitwiseDiff.Collect(MemoryMarshal.AsBytes<float>(left), MemoryMarshal.AsBytes<float>(right), 4, found));
        Assert.Equal([0, 1, 4], found[..3]);
    }

    [Fact]
    public void Collect_OtherLength_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BitwiseDiff.Collect(new byte[4], new byte[8], 4, new int[2]));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(16)]
    public void Collect_OtherUnitSize_Throws(int unitSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BitwiseDiff.Collect(new byte[48], new byte[48], unitSize, new int[48]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Collect_EveryNumberOfNeighbours_StaysWithinFound(int unitSize)
    {
        // Indices are written several at once: the longest that fits is found in a row at the end, and nothing behind it changes.
        for (var differing = 0; differing <= 256; differing++)
        {
            var (left, right) = (new byte[256 * unitSize], new byte[256 * unitSize]);
            right.AsSpan((256 - differing) * unitSize).Fill(0x11);
            var found = new int[256 + 8];
            found.AsSpan(256).Fill(-1);
            Assert.Equal(differing, BitwiseDiff.Collect(left, right, unitSize, found));
            Assert.Equal(Enumerable.Range(256 - differing, differing), found[..differing]);
            Assert.All(found[256..], value => Assert.Equal(-1, value));
        }
    }

    private static void AssertSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int unitSize)
    {
        var expected = new List<int>();
        for (var unit = 0; unit < left.Length / unitSize; unit++)
        {
            if (!left.Slice(unit * unitSize, unitSize).SequenceEqual(right.Slice(unit * unitSize, unitSize)))
            {
                expected.Add(unit);
            }
        }

        var found = new int[left.Length / unitSize];
        Assert.Equal(expected, found[..BitwiseDiff.Collect(left, right, unitSize, found)]);
    }
}
