using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The absolute values of parameters as scores, one tensor at a time in a buffer for the largest.</summary>
internal sealed class Magnitudes(Layout layout, TensorBytes tensorBytes)
{
    private float[] buffer = [];

    /// <summary>The absolute values of a tensor; valid until the next call.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: the dtype is not F32, F16 or BF16.</exception>
    public ReadOnlySpan<float> Of(int tensor)
    {
        var info = layout.Tensors[tensor];
        var bytes = tensorBytes(tensor);
        if (bytes.Length != info.Bytes)
        {
            throw new ArgumentException($"Tensor '{info.Name}' has {bytes.Length} bytes; the layout has {info.Bytes}.");
        }

        if (buffer.Length < info.Units)
        {
            buffer = new float[info.Units];
        }

        var values = buffer.AsSpan(0, (int)info.Units);
        Fill(bytes, info, values);
        return values;
    }

    // Through integers: clearing the sign bit is exact, and a NaN stays a NaN, which the caller refuses with the tensor's name.
    private static void Fill(ReadOnlySpan<byte> bytes, TensorInfo info, Span<float> values)
    {
        switch (info.Type)
        {
            case DType.F32:
                var singles = MemoryMarshal.Cast<byte, int>(bytes);
                for (var index = 0; index < values.Length; index++)
                {
                    values[index] = BitConverter.Int32BitsToSingle(singles[index] & int.MaxValue);
                }

                break;
            case DType.BF16:
                var upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var index = 0; index < values.Length; index++)
                {
                    values[index] = BitConverter.Int32BitsToSingle((upper[index] << 16) & int.MaxValue);
                }

                break;
            case DType.F16:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var index = 0; index < values.Length; index++)
                {
                    values[index] = (float)BitConverter.UInt16BitsToHalf((ushort)(halves[index] & 0x7FFF));
                }

                break;
            default:
                throw new FishException(
                    ErrorCode.DtypeMismatch, info.Name,
                    $"Magnitudes of {DTypes.NameOf(info.Type)} cannot be compared; only F32, F16 and BF16 can.",
                    "Let the tensor always train, or never.");
        }
    }
}
