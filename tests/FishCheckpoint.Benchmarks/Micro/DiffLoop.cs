using BenchmarkDotNet.Attributes;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>Finding what changed between two states of 64 MiB, out of the caches, block by block; beside a plain comparison of both.</summary>
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
