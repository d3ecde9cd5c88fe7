using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>Reads a view as if it were contiguous: row by row, regardless of its strides.</summary>
internal sealed class StridedReader
{
    private readonly TorchFile file;
    private readonly TorchTensor tensor;
    private readonly int width;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly PageCache? pages;

    public StridedReader(TorchFile file, TorchTensor tensor)
    {
        (this.file, this.tensor, width) = (file, tensor, DTypes.UnitSizeOf(tensor.Type!.Value));
        (shape, strides) = Merge(tensor.Shape, tensor.Strides);
        pages = shape.Length == 0 || (shape.Length == 1 && strides[0] == 1)
            ? null : new PageCache(tensor.Storage.Bytes, (offset, bytes) => file.Read(tensor.Storage, offset, bytes));
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">A multiple of the element size, in bytes.</param>
    /// <param name="destination">The buffer to fill completely: whole elements within the tensor.</param>
    public void Read(long offset, Span<byte> destination)
    {
        if (pages is null)
        {
            file.Read(tensor.Storage, (tensor.Offset * width) + offset, destination);
            return;
        }

        var row = shape[^1];
        for (var element = offset / width; destination.Length > 0;)
        {
            var column = element % row;
            var count = (int)Math.Min(row - column, destination.Length / width);
            Row(PlaceOf(element / row) + (column * strides[^1]), strides[^1], destination[..(count * width)]);
            destination = destination[(count * width)..];
            element += count;
        }
    }

    private void Row(long place, long stride, Span<byte> destination)
    {
        if (stride == 1)
        {
            file.Read(tensor.Storage, place * width, destination);
            return;
        }

        for (; destination.Length > 0; destination = destination[width..], place += stride)
        {
            pages!.Read(place * width, destination[..width]);
        }
    }

    private long PlaceOf(long row)
    {
        var place = tensor.Offset;
        for (var dimension = shape.Length - 2; dimension >= 0; dimension--)
        {
            place += row % shape[dimension] * strides[dimension];
            row /= shape[dimension];
        }

        return place;
    }

    // Drops dimensions of one element, and merges contiguous ones.
    private static (long[] Shape, long[] Strides) Merge(long[] shape, long[] strides)
    {
        var (sizes, steps) = (new List<long>(), new List<long>());
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            if (shape[dimension] == 1)
            {
                continue;
            }

            if (sizes.Count > 0 && steps[^1] == strides[dimension] * shape[dimension])
            {
                (sizes[^1], steps[^1]) = (sizes[^1] * shape[dimension], strides[dimension]);
            }
            else
            {
                sizes.Add(shape[dimension]);
                steps.Add(strides[dimension]);
            }
        }

        return ([.. sizes], [.. steps]);
    }
}
