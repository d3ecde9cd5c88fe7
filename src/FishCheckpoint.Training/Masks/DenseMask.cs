using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>A tensor of a mask file with one value per element.</summary>
internal static class DenseMask
{
    /// <summary>Reads the positions of all nonzero values.</summary>
    public static long[] Read(SafetensorsFile file, StoredTensor stored, TensorInfo tensor)
    {
        if (stored.Info.Type is not (DType.Bool or DType.U8 or DType.F32 or DType.F16 or DType.BF16))
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, tensor.Name, $"The mask has the dtype {DTypes.NameOf(stored.Info.Type)}.",
                "A dense mask has the dtype BOOL, U8, F32, F16 or BF16.");
        }

        if (!stored.Info.Shape.SequenceEqual(tensor.Shape) || tensor.Elements != tensor.Units)
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, tensor.Name,
                $"The mask has the shape {TensorInfo.ShapeText(stored.Info.Shape)} for the tensor {tensor}.",
                "A dense mask has the tensor's shape; give masks of packed dtypes as NAME.indices, which count bytes.");
        }

        var positions = new List<long>();
        var block = new byte[(int)Math.Min(Blocks.Size, stored.Info.Bytes)];
        for (var number = 0L; number < Blocks.CountOf(stored.Info); number++)
        {
            var bytes = block.AsSpan(0, Blocks.LengthOf(stored.Info, number));
            file.ReadData(stored.Begin + (number * Blocks.Size), bytes);
            Collect(bytes, stored.Info.UnitSize, number * Blocks.Size / stored.Info.UnitSize, positions);
        }

        return [.. positions];
    }

    // Both zeros of floats count: compares all bits, or all but the sign bit. Vector operations skip long spans of zeros.
    private static void Collect(ReadOnlySpan<byte> bytes, int size, long first, List<long> positions)
    {
        switch (size)
        {
            case sizeof(byte):
                Collect(bytes, (byte)0, (byte)0, first, positions);
                break;
            case sizeof(ushort):
                Collect(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0, (ushort)0x8000, first, positions);
                break;
            default:
                Collect(MemoryMarshal.Cast<byte, uint>(bytes), 0u, 0x80000000u, first, positions);
                break;
        }
    }

    private static void Collect<T>(ReadOnlySpan<T> values, T zero, T negativeZero, long first, List<long> positions)
        where T : unmanaged, IEquatable<T>
    {
        for (int found; (found = values.IndexOfAnyExcept(zero, negativeZero)) >= 0; values = values[(found + 1)..])
        {
            positions.Add(first + found);
            first += found + 1;
        }
    }
}
