using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>
/// A reusable buffer for changed positions of one tensor and their new values. Deltas of any size are streamed through a few chunks.
/// </summary>
public sealed class DeltaChunk
{
    /// <summary>The most positions in a chunk.</summary>
    public const int Capacity = 1 << 15;

    private readonly long[] positions = new long[Capacity];
    private readonly byte[] values = new byte[Capacity * sizeof(ulong)];
    private byte[]? parentValues;

    /// <summary>Index of the tensor in the layout.</summary>
    public int Tensor { get; private set; } = -1;

    /// <summary>Bytes per value.</summary>
    public int UnitSize { get; private set; } = 1;

    /// <summary>The number of positions in the chunk.</summary>
    public int Count { get; private set; }

    /// <summary>The number of positions that can still be added.</summary>
    public int Free => Capacity - Count;

    /// <summary>The positions: flat unit indices, strictly ascending.</summary>
    public Span<long> Positions => positions.AsSpan(0, Count);

    /// <summary>The new values: raw bits, <see cref="UnitSize"/> bytes each, in the order of <see cref="Positions"/>.</summary>
    public Span<byte> Values => values.AsSpan(0, Count * UnitSize);

    /// <summary>Whether <see cref="ParentValues"/> is filled, as by a reader that compares two states.</summary>
    public bool HasParentValues { get; set; }

    /// <summary>The parent's values at <see cref="Positions"/>; valid if <see cref="HasParentValues"/> is set.</summary>
    public Span<byte> ParentValues => (parentValues ??= new byte[values.Length]).AsSpan(0, Count * UnitSize);

    /// <summary>Clears the chunk and assigns it to a tensor.</summary>
    public void Reset(int tensor, int unitSize) => (Tensor, UnitSize, Count, HasParentValues) = (tensor, unitSize, 0, false);

    /// <summary>Adds positions at the end, for the caller to fill.</summary>
    /// <param name="count">At most <see cref="Free"/>.</param>
    /// <param name="newPositions">The new positions.</param>
    /// <param name="newValues">The new values.</param>
    public void Append(int count, out Span<long> newPositions, out Span<byte> newValues)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Free);
        newPositions = positions.AsSpan(Count, count);
        newValues = values.AsSpan(Count * UnitSize, count * UnitSize);
        Count += count;
    }
}

/// <summary>
/// A delta as a stream of chunks: tensors in layout order, positions ascending. Every chunk is full except the last of a tensor.
/// </summary>
public interface IDeltaReader
{
    /// <summary>The layout that positions refer to.</summary>
    Layout Layout { get; }

    /// <summary>Reads the next chunk.</summary>
    /// <param name="chunk">The chunk to reset and fill.</param>
    /// <returns><see langword="false"/> at the end; the chunk is then empty.</returns>
    bool Read(DeltaChunk chunk);
}
