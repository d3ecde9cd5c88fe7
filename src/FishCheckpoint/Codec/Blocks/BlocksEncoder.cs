using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes a delta of any size into one frame of blocks. For masks that are used once, such as the changed weights of full training. Each
/// block is decoded again and compared.
/// </summary>
internal static class BlocksEncoder
{
    /// <summary>Encodes a delta unless the result exceeds a budget.</summary>
    /// <param name="delta">The delta, read to its end or until the budget is spent.</param>
    /// <param name="parent">The parent state, read block by block at the delta's positions.</param>
    /// <param name="parentState">The identity of the parent state.</param>
    /// <param name="options">The effort.</param>
    /// <param name="spoolFolder">The folder for a frame that outgrows memory.</param>
    /// <param name="budget">The most bytes for chunks.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>The frame, or <see langword="null"/> if it would exceed the budget; the caller disposes it.</returns>
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
