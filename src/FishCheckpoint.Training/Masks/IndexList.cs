using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The positions of a tensor, listed in a mask file.</summary>
internal static class IndexList
{
    private const string Hint = "NAME.indices has the dtype I32 or I64 and one dimension, ascending.";

    /// <summary>Reads and validates positions; allocates at most as many as the tensor has.</summary>
    public static long[] Read(SafetensorsFile file, StoredTensor stored, TensorInfo tensor)
    {
        if (stored.Info.Type is not (DType.I32 or DType.I64))
        {
            throw new FishException(ErrorCode.DtypeMismatch, tensor.Name, $"The indices have the dtype {DTypes.NameOf(stored.Info.Type)}.",
                Hint);
        }

        if (stored.Info.Shape.Count != 1 || stored.Info.Elements > tensor.Units)
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, tensor.Name,
                $"The indices have the shape {TensorInfo.ShapeText(stored.Info.Shape)} for a tensor of {tensor.Units} elements.", Hint);
        }

        var positions = new long[stored.Info.Elements];
        var block = new byte[(int)Math.Min(Blocks.Size, stored.Info.Bytes)];
        var (size, previous) = (stored.Info.UnitSize, -1L);
        for (var begin = 0; begin < positions.Length;)
        {
            var run = positions.AsSpan(begin, Math.Min(block.Length / size, positions.Length - begin));
            var bytes = block.AsSpan(0, run.Length * size);
            file.ReadData(stored.Begin + ((long)begin * size), bytes);
            Widen(bytes, size, run);
            Positions.Check(run, tensor, previous);
            previous = run[^1];
            begin += run.Length;
        }

        return positions;
    }

    private static void Widen(ReadOnlySpan<byte> bytes, int size, Span<long> positions)
    {
        if (size == sizeof(long))
        {
            MemoryMarshal.Cast<byte, long>(bytes).CopyTo(positions);
            return;
        }

        var narrow = MemoryMarshal.Cast<byte, int>(bytes);
        for (var index = 0; index < narrow.Length; index++)
        {
            positions[index] = narrow[index];
        }
    }
}
