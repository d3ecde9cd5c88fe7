using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>Encodes the positions of a mask again, chunk by chunk with the same boundaries, so that frames of values still match.</summary>
internal static class MaskRecoder
{
    /// <summary>
    /// Reads a mask with all checksums and its digest, and encodes it again. Each encoded chunk is decoded for comparison.
    /// </summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="options">The effort.</param>
    /// <param name="writer">A new writer of <see cref="FrameKind.Mask"/>.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The frame with the same digests; <paramref name="writer"/> owns its payload.</returns>
    /// <exception cref="FishException">The frame is damaged, malicious or for another layout.</exception>
    public static IFrame Recode(
        IFrame mask, Layout layout, CodecOptions options, FrameWriter writer, CancellationToken cancellationToken = default)
    {
        using var decoder = new MaskDecoder(mask, layout);
        var buffers = CodingBuffers.Rent();
        try
        {
            var encoded = buffers.Encoded;
            var buffer = new long[DeltaChunk.Capacity];
            while (decoder.Next is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var positions = buffer.AsSpan(0, entry.Count);
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
