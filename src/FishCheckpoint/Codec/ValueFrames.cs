using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// The values of a delta, chunk by chunk, from their own frame and from frames of earlier checkpoints with the same mask that they are
/// predicted from. Not thread-safe.
/// </summary>
internal sealed class ValueFrames
{
    private readonly IReadOnlyList<IFrame> frames;
    private readonly ChunkEntry[][] entries;
    private readonly Predictions predictions = new();

    /// <summary>Reads the indexes.</summary>
    /// <param name="frames">Frames of values on one mask, earliest first; the last is the delta's own.</param>
    /// <param name="mask">The mask's head.</param>
    /// <param name="maskEntries">The mask's chunks.</param>
    public ValueFrames(IReadOnlyList<IFrame> frames, FrameHead mask, ReadOnlySpan<ChunkEntry> maskEntries)
    {
        this.frames = frames;
        entries = new ChunkEntry[frames.Count][];
        for (var frame = 0; frame < entries.Length; frame++)
        {
            entries[frame] = ChunkIndex.ReadValues(frames[frame], FrameHead.Parse(frames[frame].Head), mask, maskEntries);
        }
    }

    /// <summary>Whether no chunk needs its parent's values. The first frame, which the others are predicted from, decides.</summary>
    public bool ArePlain
    {
        get
        {
            Span<byte> map = stackalloc byte[1];
            foreach (var entry in entries[0])
            {
                if (entry.Length > 0)
                {
                    frames[0].ReadPayload(entry.Offset, map);
                    if (map[0] != (byte)ValueMap.Plain)
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    /// <summary>Decodes a chunk.</summary>
    /// <param name="coder">The decoder.</param>
    /// <param name="encoded">Space for a chunk's bytes.</param>
    /// <param name="chunk">Its number.</param>
    /// <param name="type">The dtype of its values.</param>
    /// <param name="mapped">Filled.</param>
    /// <returns>The map to invert; <see cref="ValueMap.Plain"/> for predicted values.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public ValueMap Read(ChunkCoder coder, Span<byte> encoded, int chunk, DType type, Span<byte> mapped)
    {
        var map = coder.DecodeValues(ChunkIndex.ReadChunk(frames[0], entries[0][chunk], encoded), DTypes.UnitSizeOf(type), mapped);
        for (var frame = 1; frame < entries.Length; frame++)
        {
            if (map != ValueMap.Plain)
            {
                throw new FishException(
                    ErrorCode.CorruptFrame, "values", "The values are predicted from values that need a parent.",
                    "The store is damaged: run a verification.");
            }

            var bytes = ChunkIndex.ReadChunk(frames[frame], entries[frame][chunk], encoded);
            var move = ChunkCoder.MoveOf(bytes);
            coder.DecodePredicted(bytes, type, predictions.Next(type, mapped, frame > 1 ? move : (byte)0), mapped);
        }

        return map;
    }
}
