using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Turns a delta of any size into one frame of blocks: for masks that are used once, as when all weights train and those that changed are told afterwards. Each
/// block is decoded again before it counts as encoded.
/// </summary>
public static class BlocksEncoder
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
        var scratch = BlockScratch.Rent();
        var buffers = CodingBuffers.Rent();
        try
        {
            using var mask = new MaskDigest(delta.Layout.Id);
            using var values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (work, chunk, last) = (new Work(delta.Layout, parent, options, frame, scratch), buffers.Chunk, (Tensor: -1, Position: -1L));
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

            work.Flush();
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
            scratch.Return();
        }
    }

    private sealed class Work(Layout layout, IBlockReader parent, CodecOptions options, FrameWriter frame, BlockScratch scratch)
    {
        private readonly int[] positions = scratch.PositionsFor(Blocks.Size);
        private readonly byte[] values = scratch.After;
        private int tensor = -1;
        private long block;
        private int count;

        public long PositionBytes { get; private set; }

        public void Add(DeltaChunk chunk)
        {
            var unit = chunk.UnitSize;
            var perBlock = Blocks.Size / unit;
            for (var start = 0; start < chunk.Count;)
            {
                var of = chunk.Positions[start] / perBlock;
                if (chunk.Tensor != tensor || of != block)
                {
                    Flush();
                    (tensor, block) = (chunk.Tensor, of);
                }

                var (origin, end) = (of * perBlock, start);
                for (var limit = origin + perBlock; end < chunk.Count && chunk.Positions[end] < limit; end++)
                {
                    positions[count + end - start] = (int)(chunk.Positions[end] - origin);
                }

                chunk.Values[(start * unit)..(end * unit)].CopyTo(values.AsSpan(count * unit));
                (count, start) = (count + end - start, end);
            }
        }

        public void Flush()
        {
            if (count == 0)
            {
                return;
            }

            var info = layout.Tensors[tensor];
            var before = scratch.Before.AsSpan(0, Blocks.LengthOf(info, block));
            parent.ReadBlock(tensor, block, before);
            var changed = values.AsSpan(0, count * info.UnitSize);
            var length = scratch.Coder.Encode(info.Type, before, positions.AsSpan(0, count), changed, options.Effort, scratch.Room, out var positionLength, BlockRows.Of(info, block));
            Prove(info, scratch.Room.AsSpan(0, length), before, changed);
            frame.Append(tensor, count, block, block, scratch.Room.AsSpan(0, length));
            (PositionBytes, count) = (PositionBytes + positionLength, 0);
        }

        // What was encoded is decoded and compared before it counts.
        private void Prove(TensorInfo info, ReadOnlySpan<byte> encoded, Span<byte> state, ReadOnlySpan<byte> changed)
        {
            var again = scratch.Again(count);
            scratch.Coder.Decode(encoded, info.Type, state, again);
            var taken = scratch.Encoded.AsSpan(0, changed.Length);
            Units.Gather(state, again, info.UnitSize, taken);
            if (!again.SequenceEqual(positions.AsSpan(0, count)) || !changed.SequenceEqual(taken))
            {
                throw DeltaEncoder.NotTheSame();
            }
        }
    }
}
