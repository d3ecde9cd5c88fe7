using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>Units without a parent: one block of weights as a normal distribution draws them.</summary>
[MemoryDiagnoser]
public class DenseLoops
{
    private readonly UnitCoder coder = new();
    private readonly byte[] units = new byte[Blocks.Size];
    private readonly byte[] encoded = new byte[Blocks.Size + UnitCoder.Overhead];
    private readonly byte[] copy = new byte[Blocks.Size];
    private int length;

    [Params(DType.BF16, DType.F32)]
    public DType Type { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var (random, floats) = (new Random(1), new float[Blocks.Size / DTypes.UnitSizeOf(Type)]);
        for (var index = 0; index < floats.Length; index++)
        {
            floats[index] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.02);
        }

        var bits = MemoryMarshal.Cast<float, uint>(floats);
        for (var index = 0; index < bits.Length; index++)
        {
            if (Type == DType.BF16)
            {
                MemoryMarshal.Cast<byte, ushort>(units.AsSpan())[index] = (ushort)(bits[index] >> 16);
            }
            else
            {
                MemoryMarshal.Cast<byte, uint>(units.AsSpan())[index] = bits[index];
            }
        }

        length = coder.Encode(Type, units, encoded);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => units.CopyTo(copy, 0);

    [Benchmark]
    public int Encode() => coder.Encode(Type, units, encoded);

    [Benchmark]
    public void Decode() => coder.Decode(encoded.AsSpan(0, length), Type, units);
}
