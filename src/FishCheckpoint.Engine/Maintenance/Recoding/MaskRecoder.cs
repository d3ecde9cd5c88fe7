using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>Encodes the positions of a mask's frame again, chunk by chunk: frames of values are cut as it is, and still fit.</summary>
internal static class MaskRecoder
{
    /// <summary>
    /// Reads a mask with all its checksums and its digest, and encodes it again; each chunk is decoded again before it counts.
    /// </summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="layout">The layout that its positions refer to.</param>
    /// <param name="options">Effort.</param>
    /// <param name="writer">A new writer of <see cref="FrameKind.Mask"/>.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frame, with the same digests; its payload belongs to <paramref name="writer"/>.</returns>
    /// <exception cref="FishException">The frame is damaged, hostile, or for another layout.</exception>
    public static IFrame Recode(
        IFrame mask, Layout layout, CodecOptions options, FrameWriter writer, CancellationToken cancellation = default)
    {
        using var decoder = new MaskDecoder(mask, layout);
        var buffers = CodingBuffers.Rent();
        try
        {
            var encoded = buffers.Encoded;
            var held = new long[DeltaChunk.Capacity];
            while (decoder.Next is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                var positions = held.AsSpan(0, entry.Count);
                decoder.ReadNext(positions);
                var length = buffers.Coder.EncodePositions(positions, options, encoded, layout.Tensors[entry.Tensor].RowLength);
                var again = buffers.PositionsAgain.AsSpan(0, entry.Count);
                buffers.Coder.DecodePositions(encoded.AsSpan(0, length), entry.First, entry.Last, again);
                if (!positions.SequenceEqual(again))
                {
                    throw DeltaEncoder.NotTheSame();
                }

                writer.Append(entry.Tensor, entry.Count, entry.First, entry.Last, encoded.AsSpan(0, length));
            }

            decoder.RequireDigest();
            return writer.Finish([.. decoder.Head.Digests]);
        }
        finally
        {
            buffers.Return();
        }
    }
}
