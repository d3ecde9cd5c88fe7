using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Values on a known mask that are kept as they pass, unless they are too many.</summary>
internal sealed class RecordingValues : IMaskedValues
{
    private readonly IMaskedValues values;
    private readonly byte[]? kept;
    private int filled;

    /// <param name="values">The values.</param>
    /// <param name="mask">Their mask's frame, which says how many they are.</param>
    /// <param name="longest">The most bytes that are kept.</param>
    public RecordingValues(IMaskedValues values, IFrame mask, long longest)
    {
        this.values = values;
        var bytes = ChunkIndex.ReadMask(mask, FrameHead.Parse(mask.Head), values.Layout)
            .Sum(entry => (long)entry.Count * values.Layout.Tensors[entry.Tensor].UnitSize);
        kept = bytes <= Math.Min(longest, Array.MaxLength) ? GC.AllocateUninitializedArray<byte>((int)bytes) : null;
    }

    public Layout Layout => values.Layout;

    public Digest Mask => values.Mask;

    public Digest? Announced => values.Announced;

    /// <summary>The values, once all were read; <see langword="null"/> when they are too many.</summary>
    public byte[]? Recorded => filled == kept?.Length ? kept : null;

    public bool Read(DeltaChunk chunk)
    {
        var read = values.Read(chunk);
        if (kept is not null)
        {
            chunk.Values.CopyTo(kept.AsSpan(filled));
            filled += chunk.Values.Length;
        }

        return read;
    }
}
