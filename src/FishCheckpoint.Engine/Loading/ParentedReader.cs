using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>A delta whose chunks bring their parent's values along: those that are known, or those that are read, and then remembered.</summary>
internal sealed class ParentedReader : IDeltaReader
{
    private readonly IDeltaReader delta;
    private readonly ParentValues parent;
    private readonly byte[]? known;
    private readonly long longest;
    private MemoryStream? read;
    private int next;

    /// <param name="delta">The delta.</param>
    /// <param name="parent">The state that it is laid on.</param>
    /// <param name="known">The parent's values at its positions, if they are known.</param>
    /// <param name="longest">The most bytes that are remembered.</param>
    public ParentedReader(IDeltaReader delta, IBlockReader parent, byte[]? known, long longest)
    {
        (this.delta, this.parent, this.known, this.longest) = (delta, new ParentValues(parent), known, longest);
        read = known is null ? new MemoryStream() : null;
    }

    public Layout Layout => delta.Layout;

    /// <summary>The parent's values as they were read; <see langword="null"/> when they were known, or are too many.</summary>
    public byte[]? Remembered => read?.ToArray();

    public bool Read(DeltaChunk chunk)
    {
        if (!delta.Read(chunk))
        {
            return false;
        }

        var values = chunk.ParentValues;
        if (known?.Length - next >= values.Length)
        {
            known.AsSpan(next, values.Length).CopyTo(values);
            next += values.Length;
        }
        else
        {
            parent.Gather(chunk.Tensor, chunk.Positions, values);
            Remember(values);
        }

        chunk.HasParentValues = true;
        return true;
    }

    private void Remember(ReadOnlySpan<byte> values)
    {
        if (read?.Length + values.Length > longest)
        {
            read = null;
        }

        read?.Write(values);
    }
}
