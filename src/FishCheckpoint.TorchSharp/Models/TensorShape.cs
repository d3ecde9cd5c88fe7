namespace FishCheckpoint.TorchSharp;

/// <summary>Maps flat positions, which count through the shape, to offsets in a tensor's memory.</summary>
/// <param name="sizes">The dimensions.</param>
/// <param name="strides">Elements from one index to the next, for each dimension.</param>
internal sealed class TensorShape(long[] sizes, long[] strides)
{
    /// <summary>The dimensions.</summary>
    public long[] Sizes => sizes;

    /// <summary>Elements from one index to the next, for each dimension.</summary>
    public long[] Strides => strides;

    /// <summary>The extent from the first element to behind the last one, in elements.</summary>
    public long Span { get; } = Array.Exists(sizes, size => size == 0)
        ? 0 : 1 + sizes.Zip(strides, (size, stride) => (size - 1) * stride).Sum();

    /// <summary>Whether no two elements share memory, unlike those of an expanded tensor.</summary>
    public bool IsInjective
    {
        get
        {
            var next = 1L;
            foreach (var (size, stride) in sizes.Zip(strides).Where(pair => pair.First > 1).OrderBy(pair => pair.Second))
            {
                if (stride < next)
                {
                    return false;
                }

                next = size * stride;
            }

            return true;
        }
    }

    /// <summary>The offset of an element from the first one.</summary>
    public long PlaceOf(long position)
    {
        var place = 0L;
        for (var dimension = sizes.Length - 1; dimension >= 0; dimension--)
        {
            (position, var index) = Math.DivRem(position, sizes[dimension]);
            place += index * strides[dimension];
        }

        return place;
    }
}
