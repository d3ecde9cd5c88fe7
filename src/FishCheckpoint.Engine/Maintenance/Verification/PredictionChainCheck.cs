using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Verifies the values of a prediction chain, chunk by chunk over all frames, so that each is decoded once. Decoding each checkpoint
/// separately would repeat the earlier ones.
/// </summary>
internal static class PredictionChainCheck
{
    /// <summary>Verifies all frames.</summary>
    /// <param name="mask">The mask's frame; only its head and index are read.</param>
    /// <param name="frames">The prediction chain, earliest first.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public static void Run(IFrame mask, IReadOnlyList<CheckedFrame> frames, Layout layout, CancellationToken cancellationToken = default)
    {
        var entries = MaskIndex.Begin(mask, frames, layout);
        var (coder, predictions, encoded, room) =
            (new ChunkCoder(), new Predictions(), new byte[ChunkCoder.MaxEncoded], new byte[DeltaChunk.Capacity * sizeof(ulong)]);
        for (var chunk = 0; chunk < MaskIndex.ChunksOf(frames); chunk++)
        {
            cancellationToken.ThrowIfCancellationRequested();
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
                    frame.StopDecoding();
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
                    ErrorCode.CorruptFrame, "values", "Values that others are predicted from need a parent.",
                    "Repair the store, or restore from a backup.");
            }
        }
    }
}
