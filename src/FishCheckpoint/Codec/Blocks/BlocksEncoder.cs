using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Turns a delta of any size into one frame of blocks: for masks that are used once, as when all weights train and those that changed are
/// told afterwards. Each block is decoded again before it counts as encoded.
/// </summary>
internal static class BlocksEncoder
{
    /// <summary>Encodes a delta, unless it takes more than some bytes.</summary>
    /// <param name="delta">The delta, read to its end, or until the bytes are spent.</param>
    /// <param name="parent">The state that it is laid on; read block by block, where the delta has positions.</param>
    /// <param name="parentState">The identity of that state.</param>
    /// <param name="options">Effort.</param>
    /// <param name="spoolFolder">Where a frame that outgrows memory goes.</param>
    /// <param name="budget">The most bytes of chunks.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frame, or <see langword="null"/> when it would take more; the caller disposes it.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    public static EncodedDelta? TryEncode(
        IDeltaReader delta, IBlockReader parent, Digest parentState, CodecOptions options, string spoolFolder, long budget = long.MaxValue,
        CancellationToken cancellation = default)
    {
        var frame = new FrameWriter(FrameKind.Blocks, spoolFolder);
        var buffers = CodingBuffers.Rent();
        try
        {
            using var mask = new MaskDigest(delta.Layout.Id);
            using var values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var work = new BlocksWork(delta.Layout, parent, options.Effort, frame);
            var (chunk, last) = (buffers.Chunk, (Tensor: -1, Position: -1L));
            while (delta.Read(chunk))
            {
                cancellation.ThrowIfCancellationRequested();
                Positions.Check(chunk.Positions, delta.Layout.Tensors[chunk.Tensor], chunk.Tensor == last.Tensor ? last.Position : -1);
                last = (chunk.Tensor, chunk.Positions[^1]);
                mask.Add(chunk.Tensor, chunk.Positions);
                values.AppendData(chunk.Values);
                work.Add(chunk);
                if (frame.PayloadLength > budget)
                {
                    frame.Dispose();
                    return null;
                }
            }

            work.Finish();
            if (frame.PayloadLength > budget)
            {
                frame.Dispose();
                return null;
            }

            var made = frame.Finish(delta.Layout.Id, mask.Finish(), parentState, Digest.Finish(values));
            return new EncodedDelta(null, made, frame) { PositionBytes = work.PositionBytes };
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        finally
        {
            buffers.Return();
        }
    }
}
