using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Adapters;

/// <summary>Whether what an adapter brings fits the tensor that it is for.</summary>
internal static class AdapterChecks
{
    private const string Hint = "Name the base that the adapter was made on.";

    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>, <see cref="ErrorCode.ShapeMismatch"/>.</exception>
    public static void Whole(string key, TensorInfo info, DType type, IEnumerable<long> shape)
    {
        if (info.Type != type)
        {
            throw new FishException(ErrorCode.DtypeMismatch, key, $"The tensor is {DTypes.NameOf(info.Type)}; the adapter brings {DTypes.NameOf(type)}.", Hint);
        }

        Shape(key, info, shape);
    }

    /// <exception cref="FishException"><see cref="ErrorCode.ShapeMismatch"/>.</exception>
    public static void Shape(string key, TensorInfo info, IEnumerable<long> shape)
    {
        if (!info.Shape.SequenceEqual(shape))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, key, $"The tensor is {TensorInfo.ShapeText(info.Shape)}; the adapter was made for {TensorInfo.ShapeText(shape)}.", Hint);
        }
    }

    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: one of them is no float that is added.</exception>
    public static void Sum(string key, TensorInfo info, DType type)
    {
        if (!FloatSum.Takes(info.Type) || !FloatSum.Takes(type))
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, key, $"{DTypes.NameOf(type)} cannot be added to {DTypes.NameOf(info.Type)}; F16, BF16, F32 and F64 can.", Hint);
        }
    }
}
