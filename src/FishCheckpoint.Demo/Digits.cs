using System.Globalization;
using System.IO.Compression;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>1,797 real handwritten digits (Data/ATTRIBUTION.md), split into training and test images.</summary>
/// <param name="Train">1,437 images.</param>
/// <param name="Test">360 images that are never trained on.</param>
public sealed record Digits(Samples Train, Samples Test)
{
    /// <summary>Pixels along one side of an image.</summary>
    public const int Side = 8;

    /// <summary>Pixels of an image.</summary>
    public const int Pixels = Side * Side;

    private const int TestCount = 360;
    private const long SplitSeed = 1997;
    private const float Ink = 16;

    /// <summary>Reads the embedded images. The split is always the same.</summary>
    public static Digits Load()
    {
        var all = ReadAll();
        var order = Enumerable.Range(0, all.Count).ToArray();
        new SeededRandom(SplitSeed).Shuffle<int>(order);
        return new Digits(all.Pick(order.AsSpan(TestCount)), all.Pick(order.AsSpan(0, TestCount)));
    }

    private static Samples ReadAll()
    {
        using var resource = typeof(Digits).Assembly.GetManifestResourceStream($"{typeof(Digits).Namespace}.Data.digits.csv.gz")
            ?? throw new InvalidOperationException("The digits are not embedded in this build.");
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        var (pixels, labels) = (new List<float>(), new List<int>());
        while (reader.ReadLine() is { } line)
        {
            var values = Array.ConvertAll(line.Split(','), value => int.Parse(value, CultureInfo.InvariantCulture));
            pixels.AddRange(values.Take(Pixels).Select(value => value / Ink));
            labels.Add(values[Pixels]);
        }

        return new Samples([.. pixels], [.. labels]);
    }
}
