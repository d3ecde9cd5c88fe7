namespace FishCheckpoint.Tensors;

/// <summary>Name, element type and shape of one tensor.</summary>
/// <remarks>Equality is by name, dtype and dimensions.</remarks>
public sealed class TensorInfo : IEquatable<TensorInfo>
{
    /// <summary>The most dimensions of a tensor, like PyTorch and NumPy.</summary>
    public const int MaxDimensions = 64;

    /// <summary>Creates a description of a tensor.</summary>
    /// <param name="name">Its name; any text.</param>
    /// <param name="type">Its dimensions; empty for a scalar. The array is not copied.</param>
    /// <param name="shape">Its dimensions; empty for a scalar. The array is taken over, not copied.</param>
    /// <exception cref="OverflowException">The length in bytes exceeds 63 bits, or a dimension is negative.</exception>
    /// <exception cref="ArgumentException">The elements of a packed dtype do not fill whole bytes.</exception>
    public TensorInfo(string name, DType type, long[] shape)
    {
        (Name, Type, Shape) = (name, type, shape);
        var elements = 1L;
        foreach (var dimension in shape)
        {
            elements = checked(elements * (dimension >= 0 ? dimension : throw new OverflowException("A dimension is negative.")));
        }

        var bits = checked(elements * DTypes.BitsOf(type));
        if (bits % 8 != 0)
        {
            throw new ArgumentException("The elements of a packed dtype do not fill whole bytes.", nameof(shape));
        }

        (Elements, Bytes) = (elements, bits / 8);
        RowLength = elements == Units ? RowOf(shape) : 0;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public DType Type { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements: the product of the dimensions.</summary>
    public long Elements { get; }

    /// <summary>The length of the data in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Bytes per addressable unit; see <see cref="DTypes.UnitSizeOf"/>.</summary>
    public int UnitSize => DTypes.UnitSizeOf(Type);

    /// <summary>The number of addressable units: valid positions are <c>0 &lt;= p &lt; Units</c>.</summary>
    public long Units => Bytes / UnitSize;

    /// <summary>
    /// Units per row: of the last dimension, or of the last few if that is short; 0 for tensors with one dimension and packed dtypes.
    /// </summary>
    public long RowLength { get; }

    /// <inheritdoc/>
    public bool Equals(TensorInfo? other) =>
        other is not null && Name == other.Name && Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorInfo);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Elements);

    /// <summary>For example <c>encoder.weight F32 [1024, 512]</c>.</summary>
    public override string ToString() => $"{Name} {DTypes.NameOf(Type)} {ShapeText(Shape)}";

    /// <summary>For example <c>[1024, 512]</c>.</summary>
    public static string ShapeText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    // A row of a convolution kernel contains all weights of one output channel.
    private static long RowOf(long[] shape)
    {
        const int shortest = 32;
        var (row, dimension) = (1L, shape.Length - 1);
        for (; dimension > 0 && row < shortest; dimension--)
        {
            row *= shape[dimension];
        }

        return row > 1 ? row : 0;
    }
}
