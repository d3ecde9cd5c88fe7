using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>
/// A reusable buffer for a run of changed positions of one tensor and their new values: deltas of any size pass through a few of these.
/// </summary>
public sealed class DeltaChunk
{
    /// <summary>The most positions that a chunk holds.</summary>
    public const int Capacity = 1 << 15;

    private readonly long[] positions = new long[Capacity];
    private readonly byte[] values = new byte[Capacity * sizeof(ulong)];
    private byte[]? parentValues;

    /// <summary>Index of the tensor in the layout.</summary>
    public int Tensor { get; private set; } = -1;

    /// <summary>Bytes of one value.</summary>
    public int UnitSize { get; private set; } = 1;

    /// <summary>The number of positions held.</summary>
    public int Count { get; private set; }

    /// <summary>Positions that still fit.</summary>
    public int Free => Capacity - Count;

    /// <summary>The positions held: flat unit indices, strictly ascending.</summary>
    public Span<long> Positions => positions.AsSpan(0, Count);

    /// <summary>The new values: raw bits, <see cref="UnitSize"/> bytes each, in the order of <see cref="Positions"/>.</summary>
    public Span<byte> Values => values.AsSpan(0, Count * UnitSize);

    /// <summary>Whether <see cref="ParentValues"/> is filled: a reader that has compared two states knows both sides.</summary>
    public bool HasParentValues { get; set; }

    /// <summary>Room for the parent's values at <see cref="Positions"/>; meaningful when <see cref="HasParentValues"/> is set.</summary>
    public Span<byte> ParentValues => (parentValues ??= new byte[values.Length]).AsSpan(0, Count * UnitSize);

    /// <summary>Empties the chunk for a tensor.</summary>
    public void Reset(int tensor, int unitSize) => (Tensor, UnitSize, Count, HasParentValues) = (tensor, unitSize, 0, false);

    /// <summary>Makes room for positions at the end, to be filled by the caller.</summary>
    /// <param name="count">At most <see cref="Free"/>.</param>
    /// <param name="newPositions">The room for the positions.</param>
    /// <param name="newValues">The room for their values.</param>
    public void Append(int count, out Span<long> newPositions, out Span<byte> newValues)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Free);
        newPositions = positions.AsSpan(Count, count);
        newValues = values.AsSpan(Count * UnitSize, count * UnitSize);
        Count += count;
    }
}

/// <summary>A delta as a stream of chunks: tensors in layout order, positions ascending, each chunk full unless its tensor ends.</summary>
public interface IDeltaReader
{
    /// <summary>The layout that positions refer to.</summary>
    Layout Layout { get; }

    /// <summary>Reads the next chunk.</summary>
    /// <param name="chunk">Reset and filled.</param>
    /// <returns><see langword="false"/> at the end; the chunk is then empty.</returns>
    bool Read(DeltaChunk chunk);
}
