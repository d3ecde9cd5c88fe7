using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class RowCoderTests
{
    private readonly RowCoder coder = new();
    private readonly byte[] encoded = new byte[1 << 20];

    [Fact]
    public void TryDecode_AnyRows_IsTheMirrorOfTryEncode() => Properties.ForSeeds(150, random =>
    {
        var (rows, width) = (random.Next(1, 400), random.Next(2, 300));
        var positions = Draw(random, rows, width);
        var length = coder.TryEncode(positions, width, int.MaxValue, encoded);
        if (length == 0)
        {
            // Nothing but thin rows are left to others.
            Assert.True(positions.GroupBy(position => position / width).Count() * (long)width > 16L * positions.Length);
            return;
        }

        var again = new long[positions.Length];
        Assert.True(coder.TryDecode(encoded.AsSpan(0, length), positions[0], positions[^1], again));
        Assert.Equal(positions, again);
        Assert.False(coder.TryDecode(encoded.AsSpan(0, length), positions[0], positions[^1] + 1, again));
        Assert.False(coder.TryDecode(encoded.AsSpan(0, length + 1), positions[0], positions[^1], again));
    });

    [Fact]
    public void TryEncode_RowsTimesColumns_TakesHalfOfWhatTheirGapsDo()
    {
        var random = new Random(4);
        var (row, column) = (Odds(random, 256), Odds(random, 512));
        var positions =
            (from r in Enumerable.Range(0, 256) from c in Enumerable.Range(0, 512)
            where random.NextDouble() < Math.Min(1, row[r] * column[c]) select (r * 512L) + c).Take(30_000).ToArray();
        var gaps = new MagnitudeCoder()
            .Estimate<ulong>(positions.Zip(positions.Skip(1), (left, right) => (ulong)(right - left - 1)).ToArray());
        Assert.InRange(coder.TryEncode(positions, 512, int.MaxValue, encoded), 1, (int)(0.7 * gaps));
    }

    [Fact]
    public void TryEncode_PastTheBudget_WritesNothing() => Assert.Equal(0, coder.TryEncode([1, 2, 3, 5, 8, 13], 16, 4, encoded));

    [Fact]
    public void TryDecode_AnyFlippedBit_IsRefusedOrGivesOtherAscendingPositions()
    {
        var positions = Draw(new Random(8), 30, 40);
        var length = coder.TryEncode(positions, 40, int.MaxValue, encoded);
        Assert.True(length > 0);
        for (var bit = 0; bit < 8 * length; bit++)
        {
            var damaged = encoded.AsSpan(0, length).ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var again = new long[positions.Length];
            if (coder.TryDecode(damaged, positions[0], positions[^1], again))
            {
                Assert.All(again.Zip(again.Skip(1)), pair => Assert.True(pair.First < pair.Second));
            }
        }
    }

    [Fact]
    public void TryDecode_AnyBytes_GivesAnAnswer() => Properties.ForSeeds(500, random =>
    {
        var bytes = new byte[random.Next(0, 120)];
        random.NextBytes(bytes);
        coder.TryDecode(bytes, random.Next(100), random.Next(100, 5000), new long[random.Next(1, 200)]);
    });

    // Rows and columns that are taken more often than others, some rows whole.
    private static long[] Draw(Random random, int rows, int width)
    {
        var (row, column) = (Odds(random, rows), Odds(random, width));
        var drawn = new List<long>();
        for (var r = 0; r < rows; r++)
        {
            var whole = random.Next(9) == 0;
            for (var c = 0; c < width; c++)
            {
                if (whole || random.NextDouble() < row[r] * column[c])
                {
                    drawn.Add(((long)r * width) + c);
                }
            }
        }

        return drawn.Count > 0 ? [.. drawn] : [random.Next(rows * width)];
    }

    private static double[] Odds(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Math.Pow(random.NextDouble(), 3) * 2)];
}
