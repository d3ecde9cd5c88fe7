using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>
/// Values of a fixed mask, a full chunk of float32 beside those of the step before: distances, then their code. What they moved by is
/// drawn: a quarter to four thousand units in the last place each way, evenly in the logarithm.
/// </summary>
public class ValueLoops
{
    public const int BytesPerPass = DeltaChunk.Capacity * sizeof(float);

    private const double Octaves = 12;

    private readonly ChunkCoder coder = new();
    private readonly byte[] before = new byte[BytesPerPass];
    private readonly byte[] values = new byte[BytesPerPass];
    private readonly byte[] mapped = new byte[BytesPerPass];
    private readonly byte[] room = new byte[ChunkCoder.MaxEncoded];
    private byte[] small = [];
    private byte[] fast = [];

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(5);
        for (var index = 0; index < BytesPerPass; index += sizeof(float))
        {
            var from = BitConverter.SingleToInt32Bits((random.NextSingle() - 0.5f) / 8);
            var distance = (int)Math.Pow(2, random.NextDouble() * Octaves);
            BitConverter.TryWriteBytes(before.AsSpan(index), from);
            BitConverter.TryWriteBytes(values.AsSpan(index), random.Next(2) == 0 ? from + distance : from - distance);
        }

        (small, fast) = (room[..Encode(CodecEffort.Small)], []);
        fast = room[..Encode(CodecEffort.Fast)];
    }

    [Benchmark(Baseline = true, Description = "copy of the values")]
    public void Copy() => values.AsSpan().CopyTo(mapped);

    [Benchmark(Description = "encode float32 values of a mask, small")]
    public int EncodeSmall() => Encode(CodecEffort.Small);

    [Benchmark(Description = "encode float32 values of a mask, fast")]
    public int EncodeFast() => Encode(CodecEffort.Fast);

    [Benchmark(Description = "decode float32 values of a mask, small")]
    public void DecodeSmall() => Decode(small);

    [Benchmark(Description = "decode float32 values of a mask, fast")]
    public void DecodeFast() => Decode(fast);

    private int Encode(CodecEffort effort)
    {
        values.CopyTo(mapped, 0);
        ValueMaps.Map(ValueMap.Distance, DType.F32, mapped, before);
        return coder.EncodeValues(ValueMap.Distance, mapped, sizeof(float), new CodecOptions { Effort = effort }, room);
    }

    private void Decode(byte[] encoded)
    {
        var map = coder.DecodeValues(encoded, sizeof(float), mapped);
        ValueMaps.Unmap(map, DType.F32, mapped, before, mapped);
    }
}
