using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>The loops that every byte passes, each beside the plainest pass over the same memory.</summary>
[MemoryDiagnoser]
public class HotLoops
{
    private readonly byte[] before = new byte[64 << 20];
    private readonly byte[] after = new byte[64 << 20];
    private readonly byte[] planes = new byte[1 << 20];
    private readonly int[] found = new int[Blocks.Size / 4];

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        random.NextBytes(before);
        before.CopyTo(after, 0);
        for (var change = 0; change < before.Length / 4 / 200; change++)
        {
            after[random.Next(after.Length)] ^= 1;
        }
    }

    [Benchmark(Baseline = true)]
    public bool Compare() => before.AsSpan().SequenceEqual(before.AsSpan());

    [Benchmark]
    public int Diff()
    {
        var count = 0;
        for (var block = 0; block < before.Length; block += Blocks.Size)
        {
            count += BitwiseDiff.Collect(before.AsSpan(block, Blocks.Size), after.AsSpan(block, Blocks.Size), 4, found);
        }

        return count;
    }

    [Benchmark]
    public uint Checksum() => Crc32C.Compute(before);

    [Benchmark]
    public void SplitPlanes()
    {
        for (var block = 0; block < before.Length; block += Blocks.Size)
        {
            BytePlanes.Split(before.AsSpan(block, Blocks.Size), 4, planes);
        }
    }
}
