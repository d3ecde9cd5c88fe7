using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Reads a delta's values from their frame, and from the frames that predict them, without the mask's positions and without a parent.
/// </summary>
internal sealed class FrameValues : IMaskedValues
{
    private readonly ChunkEntry[] mask;
    private readonly ValueFrames values;
    private readonly ChunkCoder coder = new();
    private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
    private int next;

    /// <summary>Opens the frames. Indexes are checked here, each chunk when it is read.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="values">The prediction chain, earliest first; the last frame is the delta's own.</param>
    /// <param name="layout">The layout that the mask refers to.</param>
    /// <exception cref="FishException">A frame is damaged, malicious or for another layout.</exception>
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

    /// <summary>Whether no value needs the parent's. Reads one byte of each chunk.</summary>
    public bool ArePlain => values.ArePlain;

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: a chunk is damaged. <see cref="ErrorCode.BaseMismatch"/>: a
    /// value needs the parent's.</exception>
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
            ErrorCode.BaseMismatch, "values", "The values are differences to a parent, and no parent is given.", "Name the parent state.");
    }
}
