using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>Validates views when they are created, so that reading one stays within its storage.</summary>
internal static class TensorViews
{
    private const int MaxDimensions = 64;

    /// <summary>Creates a view.</summary>
    /// <param name="key">The file, for errors.</param>
    /// <param name="storage">A storage.</param>
    /// <param name="offset">Its first element.</param>
    /// <param name="size">The dimensions.</param>
    /// <param name="stride">One stride per dimension.</param>
    /// <param name="dtype">The dtype, if the storage does not define it.</param>
    /// <exception cref="FishException">The view exceeds the storage, or has more elements than it.</exception>
    public static TorchTensor Rebuild(string key, object? storage, object? offset, object? size, object? stride, object? dtype)
    {
        if (storage is not TorchStorage of || offset is not long begin || size is not PickleTuple dimensions
            || stride is not PickleTuple steps)
        {
            throw PickleErrors.Invalid(key, "A tensor's arguments are not a storage, an offset, a size and strides.");
        }

        var (shape, strides) = (Numbers(dimensions, key), Numbers(steps, key));
        var type = dtype is DtypeName named ? named.Type : dtype is null ? of.Type : throw PickleErrors.Invalid(key, "A dtype is invalid.");
        var width = dtype is DtypeName given ? DTypes.UnitSizeOf(given.Type) : of.ElementSize;
        if (shape.Length != strides.Length || shape.Length > MaxDimensions || begin < 0)
        {
            throw TorchErrors.Invalid(key, "A tensor's offset, size and strides are inconsistent.");
        }

        Check(key, of, begin, shape, strides, of.Bytes / width);
        return new TorchTensor(of, type, begin, shape, strides);
    }

    private static void Check(string key, TorchStorage storage, long begin, long[] shape, long[] strides, long count)
    {
        try
        {
            var (elements, last) = (1L, begin);
            for (var dimension = 0; dimension < shape.Length; dimension++)
            {
                elements = checked(elements * shape[dimension]);
                last = checked(last + (strides[dimension] * Math.Max(0, shape[dimension] - 1)));
            }

            if (elements == 0)
            {
                return;
            }

            if (last >= count)
            {
                throw TorchErrors.Invalid(
                    key,
                    $"A tensor {TensorInfo.ShapeText(shape)} ends at element {last} of the storage {PickleErrors.Quote(storage.Key)}, "
                    + $"which has {count} elements.");
            }

            // Expanded views cost nothing in PyTorch but their full size in a file.
            if (elements > count)
            {
                throw TorchErrors.Cannot(
                    key,
                    $"A tensor {TensorInfo.ShapeText(shape)} has {elements} elements, and its storage {PickleErrors.Quote(storage.Key)} "
                    + $"only {count}: it was expanded.",
                    "Write it with tensor.contiguous().");
            }
        }
        catch (OverflowException)
        {
            throw TorchErrors.Invalid(key, $"A tensor {TensorInfo.ShapeText(shape)} is too large.");
        }
    }

    private static long[] Numbers(PickleTuple tuple, string key) =>
        [.. tuple.Items.Select(
            item => item is long number and >= 0 ? number
                : throw TorchErrors.Invalid(key, "A size or stride is not a non-negative integer."))];
}
