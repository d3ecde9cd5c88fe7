using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>
/// The entropy coders under the blocks: distances of 16 bits as magnitudes, and positions as gaps; 32,768 of them, beside copying the
/// distances.
/// </summary>
public class NumberLoops
{
    public const int BytesPerPass = Count * sizeof(ushort);

    private const int Count = 1 << 15;

    private readonly MagnitudeCoder magnitudes = new();
    private readonly GapCoder gaps = new();
    private readonly ushort[] distances = new ushort[Count];
    private readonly ushort[] again = new ushort[Count];
    private readonly int[] positions = new int[Count];
    private readonly int[] positionsAgain = new int[Count];
    private readonly byte[] room = new byte[MagnitudeCoder.RoomFor(Count, sizeof(uint))];
    private byte[] encodedDistances = [];
    private byte[] encodedGaps = [];

    [GlobalSetup]
    public void Fill()
    {
        var before = Weights.Bf16(BytesPerPass, 1);
        Ulp.Distances(DType.BF16, before, Weights.Moved(before, 2, 1, 2), MemoryMarshal.AsBytes(distances.AsSpan()));
        var (random, position) = (new Random(3), -1);
        for (var index = 0; index < Count; index++)
        {
            positions[index] = position += 1 + (int)(Math.Log(1 - random.NextDouble()) / Math.Log(1 - Weights.Density));
        }

        encodedDistances = room[..EncodeMagnitudes()];
        encodedGaps = room[..EncodeGaps()];
    }

    [Benchmark(Baseline = true, Description = "copy of the distances")]
    public void Copy() => distances.AsSpan().CopyTo(again);

    [Benchmark(Description = "encode magnitudes")]
    public int EncodeMagnitudes() => magnitudes.Encode<ushort>(distances, signed: true, [], 1, room);

    [Benchmark(Description = "decode magnitudes")]
    public int DecodeMagnitudes() => magnitudes.Decode<ushort>(encodedDistances, signed: true, [], 1, again);

    [Benchmark(Description = "encode gaps (two bytes a position)")]
    public int EncodeGaps() => gaps.Encode(positions, room);

    [Benchmark(Description = "decode gaps (two bytes a position)")]
    public void DecodeGaps()
    {
        ReadOnlySpan<byte> source = encodedGaps;
        gaps.Decode(ref source, int.MaxValue, positionsAgain);
    }
}
