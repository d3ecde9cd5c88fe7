using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>The loops over single values of a block, 1 MiB in the caches; beside copying it.</summary>
public class UnitLoops
{
    public const int BytesPerPass = Blocks.Size;

    private readonly byte[] bf16 = Weights.Bf16(Blocks.Size, 1);
    private readonly byte[] other = Weights.Moved(Weights.Bf16(Blocks.Size, 1), 2, 1, 2);
    private readonly byte[] target = new byte[Blocks.Size];
    private readonly byte[] distances16 = new byte[Blocks.Size];
    private readonly byte[] distances32 = new byte[Blocks.Size];
    private int[] positions = [];
    private byte[] values = [];

    [GlobalSetup]
    public void Fill()
    {
        (positions, values) = Weights.ChangesOf(bf16, Weights.Moved(bf16, 2, Weights.Density, 3), 2);
        Ulp.Distances(DType.BF16, bf16, other, distances16);
        Ulp.Distances(DType.F32, bf16, other, distances32);
    }

    [Benchmark(Baseline = true, Description = "copy of a block")]
    public void Copy() => bf16.AsSpan().CopyTo(target);

    [Benchmark(Description = "gather 5% of a block, 16 bits")]
    public void Gather() => Units.Gather(bf16, positions, 2, values);

    [Benchmark(Description = "scatter 5% into a block, 16 bits")]
    public void Scatter() => Units.Scatter(target, positions, 2, values);

    [Benchmark(Description = "distances, bf16")]
    public void Distances16() => Ulp.Distances(DType.BF16, bf16, other, target);

    [Benchmark(Description = "go distances, bf16")]
    public void Go16() => Ulp.Apply(DType.BF16, bf16, distances16, target);

    [Benchmark(Description = "distances, float32")]
    public void Distances32() => Ulp.Distances(DType.F32, bf16, other, target);

    [Benchmark(Description = "go distances, float32")]
    public void Go32() => Ulp.Apply(DType.F32, bf16, distances32, target);

    [Benchmark(Description = "split into planes, 16 bits")]
    public void Split16() => BytePlanes.Split(bf16, 2, target);

    [Benchmark(Description = "join planes, 16 bits")]
    public void Join16() => BytePlanes.Join(bf16, 2, target);

    [Benchmark(Description = "split into planes, 32 bits")]
    public void Split32() => BytePlanes.Split(bf16, 4, target);

    [Benchmark(Description = "join planes, 32 bits")]
    public void Join32() => BytePlanes.Join(bf16, 4, target);
}
