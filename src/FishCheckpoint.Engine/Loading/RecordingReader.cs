using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Passes a delta on to an encoder and records values up to a limit: its own, or its parent's, which it then adds to the chunks.
/// </summary>
internal sealed class RecordingReader : IDeltaReader, IMaskedValues
{
    private readonly IDeltaReader? delta;
    private readonly IMaskedValues? values;
    private readonly ParentValues? parent;
    private readonly byte[]? known;
    private readonly long longest;
    private byte[]? kept;
    private int filled;

    /// <summary>Records a delta's own values.</summary>
    /// <param name="delta">The delta.</param>
    /// <param name="longest">The most bytes to record.</param>
    public RecordingReader(IDeltaReader delta, long longest) => (this.delta, this.longest, kept) = (delta, longest, []);

    /// <summary>Records the values of a delta with a known mask.</summary>
    /// <param name="values">The values.</param>
    /// <param name="mask">The mask's frame, which has the number of values.</param>
    /// <param name="longest">The most bytes to record.</param>
    public RecordingReader(IMaskedValues values, IFrame mask, long longest)
    {
        var bytes = ChunkIndex.ReadMask(mask, FrameHead.Parse(mask.Head), values.Layout)
            .Sum(entry => (long)entry.Count * values.Layout.Tensors[entry.Tensor].UnitSize);
        (this.values, this.longest) = (values, bytes);
        kept = bytes <= Math.Min(longest, Array.MaxLength) ? GC.AllocateUninitializedArray<byte>((int)bytes) : null;
    }

    /// <summary>Adds the parent's values to the chunks: the known values, or those that it reads from the parent and records.</summary>
    /// <param name="delta">The delta.</param>
    /// <param name="parent">Its parent.</param>
    /// <param name="known">The parent's values at the delta's positions, if known.</param>
    /// <param name="longest">The most bytes to record.</param>
    public RecordingReader(IDeltaReader delta, IBlockReader parent, byte[]? known, long longest) =>
        (this.delta, this.parent, this.known, this.longest, kept) =
            (delta, new ParentValues(parent), known, longest, known is null ? [] : null);

    /// <summary>Adds the parent's known values to the chunks of a delta with a known mask.</summary>
    /// <param name="values">The values.</param>
    /// <param name="known">The parent's values at the mask's positions.</param>
    public RecordingReader(IMaskedValues values, byte[] known) => (this.values, this.known) = (values, known);

    public Layout Layout => delta?.Layout ?? values!.Layout;

    public Digest Mask => values!.Mask;

    public Digest? Announced => values!.Announced;

    /// <summary>The recorded values, after the last read; <see langword="null"/> if they exceed the limit or were known.</summary>
    public byte[]? Recorded => kept is null || delta is not null ? kept?[..filled] : filled == kept.Length ? kept : null;

    public bool Read(DeltaChunk chunk)
    {
        var read = delta?.Read(chunk) ?? values!.Read(chunk);
        if (parent is null && known is null)
        {
            Record(chunk.Values);
        }
        else if (read)
        {
            AddParentValues(chunk);
        }

        return read;
    }

    private void AddParentValues(DeltaChunk chunk)
    {
        var others = chunk.ParentValues;
        if (known is not null && (parent is null || known.Length - filled >= others.Length))
        {
            known.AsSpan(filled, others.Length).CopyTo(others);
            filled += others.Length;
        }
        else
        {
            parent!.Gather(chunk.Tensor, chunk.Positions, others);
            Record(others);
        }

        chunk.HasParentValues = true;
    }

    private void Record(ReadOnlySpan<byte> values)
    {
        if (kept is null)
        {
            return;
        }

        if (filled + (long)values.Length > longest)
        {
            kept = null;
            return;
        }

        if (filled + values.Length > kept.Length)
        {
            Array.Resize(
                ref kept, (int)Math.Min(Math.Min(longest, Array.MaxLength), Math.Max(2L * kept.Length, filled + (long)values.Length)));
        }

        values.CopyTo(kept.AsSpan(filled));
        filled += values.Length;
    }
}
