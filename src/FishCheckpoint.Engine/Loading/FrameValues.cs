using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Reads a delta's values out of their frame, or after those that they are predicted from, without the mask's positions and without a
/// parent.
/// </summary>
internal sealed class FrameValues : IMaskedValues
{
    private readonly ChunkEntry[] mask;
    private readonly ValueFrames values;
    private readonly ChunkCoder coder = new();
    private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
    private int next;

    /// <summary>Prepares the reading; indices are checked here, chunks as they are read.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="values">The frames of the values, the earliest first; the last is the delta's own.</param>
    /// <param name="layout">The layout that the mask refers to.</param>
    /// <exception cref="FishException">A frame is damaged, hostile, or for another layout.</exception>
    public FrameValues(IFrame mask, IReadOnlyList<IFrame> values, Layout layout)
    {
        var (maskHead, head) = (FrameHead.Parse(mask.Head), FrameHead.Parse(values[^1].Head));
        this.mask = ChunkIndex.ReadMask(mask, maskHead, layout);
        this.values = new ValueFrames(values, maskHead, this.mask);
        (Layout, Mask, Announced) = (layout, head.Digests[1], head.Digests[3]);
    }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <inheritdoc/>
    public Digest Mask { get; }

    /// <inheritdoc/>
    public Digest? Announced { get; }

    /// <summary>Whether none of the values needs its parent's. Reads a byte of each chunk.</summary>
    public bool ArePlain => values.ArePlain;

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: a chunk is damaged; <see cref="ErrorCode.BaseMismatch"/>:
    /// values need their parent's.</exception>
    public bool Read(DeltaChunk chunk)
    {
        chunk.Reset(-1, 1);
        if (next == mask.Length)
        {
            return false;
        }

        var (entry, info) = (mask[next], Layout.Tensors[mask[next].Tensor]);
        chunk.Reset(entry.Tensor, info.UnitSize);
        chunk.Append(entry.Count, out _, out var newValues);
        return values.Read(coder, encoded, next++, info.Type, newValues) == ValueMap.Plain ? true : throw new FishException(
            ErrorCode.BaseMismatch, "values", "The values are stored as differences to their parent, which is not at hand.",
            "Name the parent state.");
    }
}
