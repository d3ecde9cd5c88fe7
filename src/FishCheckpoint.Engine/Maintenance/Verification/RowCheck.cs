using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Checks the frames of values on one mask that are predicted one from another: chunk by chunk over all of them, so that each is read and
/// decoded once, where decoding each by itself would decode those before it again.
/// </summary>
internal static class RowCheck
{
    /// <summary>Checks all of them.</summary>
    /// <param name="mask">The mask's frame, of which only the head and index are read.</param>
    /// <param name="frames">The frames, the earliest first; each is predicted from those before it.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="cancellation">Ends the check early.</param>
    public static void Run(IFrame mask, IReadOnlyList<CheckedFrame> frames, Layout layout, CancellationToken cancellation = default)
    {
        var entries = MaskIndex.Begin(mask, frames, layout);
        var (coder, predictions, encoded, room) =
            (new ChunkCoder(), new Predictions(), new byte[ChunkCoder.MaxEncoded], new byte[DeltaChunk.Capacity * sizeof(ulong)]);
        for (var chunk = 0; chunk < MaskIndex.ChunksOf(frames); chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var index = 0; index < frames.Count; index++)
            {
                Check(index, chunk);
            }
        }

        foreach (var frame in frames)
        {
            frame.Finish();
        }

        void Check(int index, int chunk)
        {
            var frame = frames[index];
            frame.Try(() =>
            {
                if (chunk >= frame.Entries.Length)
                {
                    return;
                }

                var bytes = ChunkIndex.ReadChunk(frame.Frame, frame.Entries[chunk], encoded);
                if (index > 0 && !frames[index - 1].CanDecode)
                {
                    frame.GiveUpDecoding();
                }

                if (frame.CanDecode)
                {
                    var type = layout.Tensors[entries[chunk].Tensor].Type;
                    var values = room.AsSpan(0, entries[chunk].Count * DTypes.UnitSizeOf(type));
                    Decode(index, bytes, type, values);
                    frame.Add(values);
                }
            });
        }

        void Decode(int index, ReadOnlySpan<byte> bytes, DType type, Span<byte> values)
        {
            if (index > 0)
            {
                var move = ChunkCoder.MoveOf(bytes);
                coder.DecodePredicted(bytes, type, predictions.Next(type, values, index > 1 ? move : (byte)0), values);
            }
            else if (coder.DecodeValues(bytes, DTypes.UnitSizeOf(type), values) != ValueMap.Plain)
            {
                throw new FishException(
                    ErrorCode.CorruptFrame, "values", "Values that others are guessed from need a parent.",
                    "Repair the store, or restore from a backup.");
            }
        }
    }
}
