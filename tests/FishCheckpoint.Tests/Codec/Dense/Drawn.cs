using System.Buffers.Binary;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Tests.Codec.Dense;

/// <summary>Units of every sort that a tensor may hold, and some that none should.</summary>
internal static class Drawn
{
    /// <summary>
    /// Evenly random, one unit again and again, few kinds, short repeats, drawn from a normal distribution as untrained weights are, and
    /// special floats.
    /// </summary>
    public static IEnumerable<byte[]> All(DType type, int units, Random random)
    {
        var unit = DTypes.UnitSizeOf(type);
        var noise = new byte[units * unit];
        random.NextBytes(noise);
        yield return noise;
        yield return Repeat(noise, unit);
        yield return Repeat(noise, unit * 100);
        yield return [.. noise.Select(value => (byte)(value & 0x11))];
        yield return [.. noise.Select(value => (byte)(random.Next(50) == 0 ? value : 0x3C))];
        yield return Weights(type, units, random);
        yield return [.. Enumerable.Range(0, units * unit).Select(index => (byte)(index % unit >= unit - 2 ? 0xFF : random.Next(3)))];
    }

    /// <summary>Numbers of a normal distribution in the dtype's bits, where those are known; bytes near 0 elsewhere.</summary>
    public static byte[] Weights(DType type, int units, Random random)
    {
        var (unit, all) = (DTypes.UnitSizeOf(type), new byte[units * DTypes.UnitSizeOf(type)]);
        for (var index = 0; index < units; index++)
        {
            var weight = Normal(random) * 0.02;
            var to = all.AsSpan(index * unit, unit);
            switch (type)
            {
                case DType.BF16: BinaryPrimitives.WriteUInt16LittleEndian(
                    to, (ushort)(BitConverter.SingleToUInt32Bits((float)weight) >> 16)); break;
                case DType.F16: BinaryPrimitives.WriteHalfLittleEndian(to, (Half)weight); break;
                case DType.F32: BinaryPrimitives.WriteSingleLittleEndian(to, (float)weight); break;
                case DType.F64: BinaryPrimitives.WriteDoubleLittleEndian(to, weight); break;
                case DType.C64:
                    BinaryPrimitives.WriteSingleLittleEndian(to, (float)weight);
                    BinaryPrimitives.WriteSingleLittleEndian(to[4..], (float)(Normal(random) * 0.02));
                    break;
                default: to[0] = (byte)(int)(weight * 500); break;
            }
        }

        return all;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static byte[] Repeat(byte[] bytes, int period) => [.. Enumerable.Range(0, bytes.Length).Select(index => bytes[index % period])];
}
