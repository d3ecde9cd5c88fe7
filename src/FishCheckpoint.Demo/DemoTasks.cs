using FishCheckpoint.Checkpoints;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>A task derived from the digits.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Description">Its description for people.</param>
/// <param name="Classes">Its number of classes; if it differs from the base's, the task has its own head.</param>
/// <param name="Derive">Derives the task's images and labels from the digits; deterministic.</param>
public sealed record DemoTask(string Name, string Description, int Classes, Func<Samples, Samples> Derive)
{
    /// <summary>The task's specification for the store: its base and, if it has its own head, the head's tensors.</summary>
    /// <param name="baseName">Name or id of the base.</param>
    public TaskSpec Spec(string baseName) => new(baseName, Description, Tensors: Classes == DemoTasks.BaseClasses
        ? null
        : new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)
        {
            ["head.weight"] = new("F32", [Classes, DemoTasks.BaseWidths[^2]]),
            ["head.bias"] = new("F32", [Classes]),
        });
}

/// <summary>The demo's tasks, all on one pretrained base.</summary>
public static class DemoTasks
{
    /// <summary>Classes of the base: the ten digits.</summary>
    public const int BaseClasses = 10;

    private const long NoiseSeed = 8;
    private const long PermutationSeed = 64;
    private const double Noise = 0.15;

    /// <summary>The base: 329,418 parameters.</summary>
    public static int[] BaseWidths { get; } = [Digits.Pixels, 512, 512, 64, BaseClasses];

    /// <summary>The tasks.</summary>
    public static IReadOnlyList<DemoTask> All { get; } =
    [
        new("rotated", "Digits rotated by 90 degrees.", BaseClasses, samples =>
            Move(samples, (row, column) => (Digits.Side - 1 - column, row))),
        new("mirrored", "Mirrored digits.", BaseClasses, samples => Move(samples, (row, column) => (row, Digits.Side - 1 - column))),
        new("inverted", "Digits in white on black, with noise.", BaseClasses, Invert),
        new("permuted", "Digits with their pixels in another order.", BaseClasses, Permute),
        new("odd-even", "Whether a digit is odd: 2 classes, with a head of its own.", 2, OddEven),
    ];

    private static Samples Move(Samples samples, Func<int, int, (int Row, int Column)> source) => MapPixels(
        samples, index => source(index / Digits.Side, index % Digits.Side) is var (row, column) ? (row * Digits.Side) + column : 0);

    private static Samples Permute(Samples samples)
    {
        var order = Enumerable.Range(0, Digits.Pixels).ToArray();
        new SeededRandom(PermutationSeed).Shuffle<int>(order);
        return MapPixels(samples, index => order[index]);
    }

    private static Samples Invert(Samples samples)
    {
        var random = new SeededRandom(NoiseSeed + samples.Count);
        return samples with { Pixels = Array.ConvertAll(samples.Pixels, pixel => (float)(1 - pixel + (random.NextGaussian() * Noise))) };
    }

    private static Samples OddEven(Samples samples) => samples with { Labels = Array.ConvertAll(samples.Labels, label => label % 2) };

    private static Samples MapPixels(Samples samples, Func<int, int> source)
    {
        var pixels = new float[samples.Pixels.Length];
        for (var index = 0; index < pixels.Length; index++)
        {
            var pixel = index % Digits.Pixels;
            pixels[index] = samples.Pixels[index - pixel + source(pixel)];
        }

        return samples with { Pixels = pixels };
    }
}
