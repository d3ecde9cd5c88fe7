using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Checks whether an adapter's data fits its tensor.</summary>
internal static class AdapterChecks
{
    private const long MaxBuffer = 1 << 30;
    private const string Hint = "Give the base of the adapter.";

    /// <summary>A buffer for the positions or values of one tensor.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TooLarge"/>: more than 1 GiB.</exception>
    public static byte[] Room(string key, long length) => length <= MaxBuffer ? new byte[length] : throw new FishException(
        ErrorCode.TooLarge, key, $"The positions or values of one tensor have {length} bytes; the limit is {MaxBuffer}.",
        "Save the model in full.");

    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>, <see cref="ErrorCode.ShapeMismatch"/>.</exception>
    public static void Whole(string key, TensorInfo info, DType type, IEnumerable<long> shape)
    {
        if (info.Type != type)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, key,
                $"The tensor has the dtype {DTypes.NameOf(info.Type)}; the adapter has {DTypes.NameOf(type)}.", Hint);
        }

        Shape(key, info, shape);
    }

    /// <exception cref="FishException"><see cref="ErrorCode.ShapeMismatch"/>.</exception>
    public static void Shape(string key, TensorInfo info, IEnumerable<long> shape)
    {
        if (!info.Shape.SequenceEqual(shape))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, key,
                $"The tensor has the shape {TensorInfo.ShapeText(info.Shape)}; the adapter has {TensorInfo.ShapeText(shape)}.", Hint);
        }
    }

    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: a dtype does not support addition.</exception>
    public static void Sum(string key, TensorInfo info, DType type)
    {
        if (!FloatSum.Takes(info.Type) || !FloatSum.Takes(type))
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, key,
                $"{DTypes.NameOf(type)} cannot be added to {DTypes.NameOf(info.Type)}; F16, BF16, F32 and F64 can.", Hint);
        }
    }
}
