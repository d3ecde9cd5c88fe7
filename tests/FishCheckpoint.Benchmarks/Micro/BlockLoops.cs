using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>
/// Coding what changed in a block of 1 MiB, 5% of its bf16 values: no hashing, no second decoding; beside copying the block.
/// </summary>
public class BlockLoops
{
    public const int BytesPerPass = Blocks.Size;

    private readonly BlockCoder coder = new();
    private readonly byte[] before = Weights.Bf16(Blocks.Size, 1);
    private readonly byte[] room = new byte[BlockCoder.Room];
    private readonly byte[] block = new byte[Blocks.Size];
    private int[] positions = [];
    private int[] again = [];
    private byte[] values = [];
    private byte[] small = [];
    private byte[] fast = [];

    [GlobalSetup]
    public void Fill()
    {
        (positions, values) = Weights.ChangesOf(before, Weights.Moved(before, 2, Weights.Density, 3), 2);
        (again, small, fast) = (new int[positions.Length], room[..Encode(CodecEffort.Small)], []);
        fast = room[..Encode(CodecEffort.Fast)];
    }

    [Benchmark(Baseline = true, Description = "copy of a block")]
    public void Copy() => before.AsSpan().CopyTo(block);

    [Benchmark(Description = "encode a block, small")]
    public int EncodeSmall() => Encode(CodecEffort.Small);

    [Benchmark(Description = "encode a block, fast")]
    public int EncodeFast() => Encode(CodecEffort.Fast);

    [Benchmark(Description = "decode a block, small (copied before)")]
    public void DecodeSmall() => Decode(small);

    [Benchmark(Description = "decode a block, fast (copied before)")]
    public void DecodeFast() => Decode(fast);

    private int Encode(CodecEffort effort) => coder.Encode(DType.BF16, before, positions, values, effort, room, out _);

    private void Decode(byte[] encoded)
    {
        before.CopyTo(block, 0);
        coder.Decode(encoded, DType.BF16, block, again);
    }
}
