using System.Numerics;
using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class RowModelTests
{
    [Fact]
    public void Classify_AnyRows_GivesTheClassesOfTheFormatPage() => Properties.ForSeeds(40, random =>
    {
        var (model, width) = (new RowModel(), random.Next(2, 300));
        var (hits, rows, total) = (new int[width], 0, 0);
        var odds = Enumerable.Range(0, width).Select(_ => Math.Pow(random.NextDouble(), 3)).ToArray();
        var (classes, again) = (new byte[RowModel.Padded(width)], new byte[RowModel.Padded(width)]);
        model.Start(width);
        for (var row = random.Next(1, 600); row > 0; row--)
        {
            var scale = 2 * random.NextDouble();
            var found = Enumerable.Range(0, width).Where(column => random.NextDouble() < scale * odds[column]).ToArray();
            if (found.Length < width)
            {
                model.Classify(found.Length, classes);
                Assert.Equal(hits.Select(hit => Class(found.Length, width, rows, total, hit)), classes[..width]);
                Assert.All(classes[width..], of => Assert.Equal(byte.MaxValue, of));
                model.LookUp(again);
                Assert.Equal(classes[..width], again[..width]);
            }

            model.Learn(found);
            (rows, total) = (rows + 1, total + found.Length);
            Array.ForEach(found, column => hits[column]++);
            if (rows == 255)
            {
                (rows, total, hits) = (rows / 2, total / 2, [.. hits.Select(hit => hit / 2)]);
            }
        }
    });

    // docs/reference/format/values.md, "Rows", word by word.
    private static byte Class(int k, int w, int n, int t, int h)
    {
        var e = 2 * t / w;
        var odds = Cut(k) - Cut(w - k) + L((2 * h) + 1) - L((2 * (n - h)) + 1) - L(e + 1) + L((2 * n) - e + 1);
        return (byte)Math.Clamp((int)Math.Floor(odds / 16.0) + 12, 0, 23);
    }

    private static int L(int x) => x == 0 ? 0 : (int)BigInteger.Log2(BigInteger.Pow(x, 16));

    private static int Cut(int x)
    {
        var halves = 0;
        for (; x >> halves > 511; halves++)
        {
        }

        return L(x >> halves) + (16 * halves);
    }
}
