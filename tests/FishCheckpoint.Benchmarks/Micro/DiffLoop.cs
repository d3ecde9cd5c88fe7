using System.Text;
using BenchmarkDotNet.Attributes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>
/// Finding what changed between two states of 64 MiB, out of the caches, block by block; beside a plain comparison of both.
/// </summary>
public class DiffLoop
{
    public const int BytesPerPass = 64 * Blocks.Size;

    private readonly byte[] before = new byte[BytesPerPass];
    private readonly int[] found = new int[Blocks.Size];
    private byte[] same = [];
    private byte[] few16 = [];
    private byte[] many16 = [];
    private byte[] few32 = [];
    private byte[] many32 = [];

    [GlobalSetup]
    public void Fill()
    {
        new Random(1).NextBytes(before);
        same = (byte[])before.Clone();
        (few16, many16) = (Weights.Moved(before, 2, 0.005, 2), Weights.Moved(before, 2, 0.05, 3));
        (few32, many32) = (Weights.Moved(before, 4, 0.005, 2), Weights.Moved(before, 4, 0.05, 3));
    }

    [Benchmark(Baseline = true, Description = "plain comparison of two equal buffers")]
    public bool Compare()
    {
        var equal = true;
        for (var block = 0; block < BytesPerPass; block += Blocks.Size)
        {
            equal &= before.AsSpan(block, Blocks.Size).SequenceEqual(same.AsSpan(block, Blocks.Size));
        }

        return equal;
    }

    [Benchmark(Description = "diff, 16 bits, nothing changed")]
    public int None16() => Diff(same, 2);

    [Benchmark(Description = "diff, 16 bits, 0.5% changed")]
    public int Few16() => Diff(few16, 2);

    [Benchmark(Description = "diff, 16 bits, 5% changed")]
    public int Many16() => Diff(many16, 2);

    [Benchmark(Description = "diff, 32 bits, nothing changed")]
    public int None32() => Diff(same, 4);

    [Benchmark(Description = "diff, 32 bits, 0.5% changed")]
    public int Few32() => Diff(few32, 4);

    [Benchmark(Description = "diff, 32 bits, 5% changed")]
    public int Many32() => Diff(many32, 4);

    private int Diff(byte[] after, int unit)
    {
        var count = 0;
        for (var block = 0; block < BytesPerPass; block += Blocks.Size)
        {
            count += BitwiseDiff.Collect(before.AsSpan(block, Blocks.Size), after.AsSpan(block, Blocks.Size), unit, found);
        }

        return count;
    }
}

/// <summary>
/// The loops of <see cref="DiffLoop"/> in turns, so that a busy moment meets the plain comparison and the diff alike: rows that run one
/// after another tell less.
/// </summary>
internal static class DiffTurns
{
    private const int WarmUps = 4;
    private const int Turns = 31;

    public static void Append(StringBuilder text)
    {
        var loop = new DiffLoop();
        loop.Fill();
        (string Name, Action Pass)[] passes =
        [
            ("*plain comparison of two equal buffers*", () => loop.Compare()), ("16 bits, nothing changed", () => loop.None16()),
            ("16 bits, 0.5% changed", () => loop.Few16()), ("16 bits, 5% changed", () => loop.Many16()),
                ("32 bits, nothing changed", () => loop.None32()),
            ("32 bits, 0.5% changed", () => loop.Few32()), ("32 bits, 5% changed", () => loop.Many32()),
        ];
        var samples = passes.Select(_ => new Samples()).ToArray();
        for (var turn = -WarmUps; turn < Turns; turn++)
        {
            for (var pass = 0; pass < passes.Length; pass++)
            {
                (turn < 0 ? new Samples() : samples[pass]).Time(passes[pass].Pass);
            }
        }

        text.AppendLine(
            $"\nThe diff and the plain comparison again, {Turns} times in turns (median of the turns' quotients, quartiles):\n");
        text.AppendLine("| diff of two states of 64 MiB | MB of one state a second | speed of the plain comparison = 1 |\n|---|---:|---:|");
        for (var pass = 0; pass < passes.Length; pass++)
        {
            var ratio = pass == 0 ? string.Empty : Spread.OfRatios(samples[0].Seconds, samples[pass].Seconds).Text("0.00");
            text.AppendLine($"| {passes[pass].Name} | {samples[pass].Rate(DiffLoop.BytesPerPass / 1e6)} | {ratio} |");
        }
    }
}
