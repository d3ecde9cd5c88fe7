using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>Checks views when they are made, so that whoever reads one stays within its storage.</summary>
internal static class TensorViews
{
    private const int MaxDimensions = 64;

    /// <summary>Makes a view.</summary>
    /// <param name="key">The file, for errors.</param>
    /// <param name="storage">A storage.</param>
    /// <param name="offset">Its first element.</param>
    /// <param name="size">The dimensions.</param>
    /// <param name="stride">As many strides.</param>
    /// <param name="dtype">The dtype, where the storage does not tell it.</param>
    /// <exception cref="FishException">The view is none of the storage, or has more elements than it.</exception>
    public static TorchTensor Rebuild(string key, object? storage, object? offset, object? size, object? stride, object? dtype)
    {
        if (storage is not TorchStorage of || offset is not long begin || size is not PickleTuple dimensions
            || stride is not PickleTuple steps)
        {
            throw PickleErrors.Invalid(key, "A tensor is made of something else than a storage, its offset, its size and its strides.");
        }

        var (shape, strides) = (Numbers(dimensions, key), Numbers(steps, key));
        var type = dtype is DtypeName named ? named.Type : dtype is null ? of.Type : throw PickleErrors.Invalid(key, "A dtype is none.");
        var width = dtype is DtypeName given ? DTypes.UnitSizeOf(given.Type) : of.ElementSize;
        if (shape.Length != strides.Length || shape.Length > MaxDimensions || begin < 0)
        {
            throw TorchErrors.Invalid(key, "A tensor's size and strides do not belong together.");
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
                    + $"which has {count}.");
            }

            // Expanded views cost nothing in PyTorch and everything in a file.
            if (elements > count)
            {
                throw TorchErrors.Cannot(
                    key,
                    $"A tensor {TensorInfo.ShapeText(shape)} has {elements} elements, and its storage {PickleErrors.Quote(storage.Key)} "
                    + $"only {count}: it was expanded.",
                    "Write it with its elements: tensor.contiguous().");
            }
        }
        catch (OverflowException)
        {
            throw TorchErrors.Invalid(key, $"A tensor {TensorInfo.ShapeText(shape)} is larger than any can be.");
        }
    }

    private static long[] Numbers(PickleTuple tuple, string key) =>
        [.. tuple.Items.Select(
            item => item is long number and >= 0 ? number : throw TorchErrors.Invalid(key, "A size or stride is no number from 0."))];
}
