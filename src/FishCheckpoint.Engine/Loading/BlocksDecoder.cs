using System.Security.Cryptography;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Decodes a delta from a frame of blocks, as <see cref="BlocksEncoder"/> writes it. Verifies the frame's digests at the end.
/// </summary>
internal sealed class BlocksDecoder : IDeltaReader, IDisposable
{
    private readonly IFrame frame;
    private readonly FrameHead head;
    private readonly ChunkEntry[] entries;
    private readonly IBlockReader parent;
    private readonly MaskDigest mask;
    private readonly IncrementalHash values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BlockScratch scratch = BlockScratch.Rent();
    private int nextEntry;
    private int count;
    private int next;
    private bool ended;
    private bool disposed;

    /// <summary>Opens a frame of blocks. The index is checked here, each chunk when it is read.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="parent">The parent of the delta.</param>
    /// <exception cref="FishException">The frame is damaged, malicious or for another layout.</exception>
    public BlocksDecoder(IFrame frame, Layout layout, IBlockReader parent)
    {
        (this.frame, this.parent, Layout, head) = (frame, parent, layout, FrameHead.Parse(frame.Head));
        entries = ChunkIndex.ReadBlocks(frame, head, layout);
        mask = new MaskDigest(layout.Id);
    }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: a chunk is damaged or, at the end, a digest
    /// differs.</exception>
    public bool Read(DeltaChunk chunk)
    {
        chunk.Reset(-1, 1);
        while (next < count || nextEntry < entries.Length)
        {
            var tensor = entries[next < count ? nextEntry - 1 : nextEntry].Tensor;
            if (chunk.Count > 0 && (chunk.Tensor != tensor || chunk.Free == 0))
            {
                break;
            }

            if (next == count)
            {
                Load(entries[nextEntry++]);
            }

            if (chunk.Count == 0)
            {
                chunk.Reset(tensor, Layout.Tensors[tensor].UnitSize);
                chunk.HasParentValues = true;
            }

            Take(chunk, entries[nextEntry - 1]);
        }

        mask.Add(Math.Max(0, chunk.Tensor), chunk.Positions);
        values.AppendData(chunk.Values);
        if (chunk.Count == 0 && !ended)
        {
            ended = true;
            CheckDigests();
        }

        return chunk.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        mask.Dispose();
        values.Dispose();
        scratch.Return();
    }

    private void Load(ChunkEntry entry)
    {
        var info = Layout.Tensors[entry.Tensor];
        var (before, after) = (scratch.Before.AsMemory(0, Blocks.LengthOf(info, entry.First)), scratch.After);
        parent.ReadBlock(entry.Tensor, entry.First, before.Span);
        before.Span.CopyTo(after);
        scratch.Coder.Decode(
            ChunkIndex.ReadChunk(frame, entry, scratch.Encoded), info.Type, after.AsSpan(0, before.Length),
            scratch.PositionsFor(entry.Count).AsSpan(0, entry.Count));
        (count, next) = (entry.Count, 0);
    }

    private void Take(DeltaChunk chunk, ChunkEntry entry)
    {
        var (info, taken) = (Layout.Tensors[entry.Tensor], Math.Min(chunk.Free, count - next));
        var inBlock = scratch.PositionsFor(count).AsSpan(next, taken);
        chunk.Append(taken, out var positions, out var newValues);
        var blockStart = entry.First * (Blocks.Size / info.UnitSize);
        for (var index = 0; index < taken; index++)
        {
            positions[index] = blockStart + inBlock[index];
        }

        Units.Gather(scratch.After, inBlock, info.UnitSize, newValues);
        Units.Gather(scratch.Before, inBlock, info.UnitSize, chunk.ParentValues[^newValues.Length..]);
        next += taken;
    }

    private void CheckDigests()
    {
        if (mask.Finish() != head.Digests[1] || Digest.Finish(values) != head.Digests[3])
        {
            throw new FishException(
                ErrorCode.CorruptFrame, "blocks", "The digest of the positions or values differs from the frame's.",
                "Send the frame again.");
        }
    }
}
