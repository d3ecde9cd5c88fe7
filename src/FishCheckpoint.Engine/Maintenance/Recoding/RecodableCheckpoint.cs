using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A checkpoint's own frame of values or blocks. It keeps its form, since others may be predicted from it.</summary>
/// <param name="row">The checkpoint.</param>
/// <param name="task">Its task.</param>
internal sealed class RecodableCheckpoint(CheckpointRow row, string task) : Recodable
{
    public override string Key => $"{task}/{row.Step}";

    public override long Place => row.Id;

    public override long Bytes => row.ValueBytes + (row.IsBlocks ? row.PositionBytes : 0);

    protected override RecodedFrame Recode(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        var taskContext = context.Tasks.Context(view, task);
        using var state = OpenedState.Open(view, context.Bases, taskContext, row);
        var (frames, layout, parent) = (StoredFrames.Open(view, row), taskContext.Layout.Layout, state.UpTo(row));
        var head = CheckpointVerifier.RequireOwn(Key, row, frames);
        var earlier = EarlierValues(view, context, taskContext, frames);
        var encoded = Encode(frames, layout, parent, head, earlier, context, cancellationToken);
        try
        {
            var recoded = new RecodedFrame(frames.Values[^1], encoded.Values, encoded) { PositionBytes = encoded.PositionBytes };
            if (recoded.IsSmaller)
            {
                recoded.Smaller = new NewFrame(recoded.Frame, ReadBack(frames, encoded, layout, parent, head, cancellationToken));
            }

            return recoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    protected override bool Replace(ICatalogWriter writer, RecodedFrame recoded)
    {
        // Another checkpoint may have the number of a deleted one by now, so the state and the head are compared.
        var head = writer.Checkpoints.HeadOf(row);
        if (head is null || !recoded.OldHead.Span.SequenceEqual(head))
        {
            return false;
        }

        if (recoded.Smaller is { } smaller)
        {
            writer.Frames.Replace(row.Frame, smaller);
            var values = smaller.Bytes - recoded.PositionBytes - row.ValueBytes;
            var positions = row.IsBlocks ? recoded.PositionBytes - row.PositionBytes : 0;
            writer.Checkpoints.GrowFrame(row.Id, values, positions);
            writer.Checkpoints.GrowChains(row.Id, values + positions);
        }

        writer.Checkpoints.SetEffort(row.Id, CodecEffort.Small);
        return true;
    }

    private EarlierValues? EarlierValues(ICatalogView view, RecodeContext context, Tasks.TaskContext taskContext, StoredFrames frames) =>
        row.Reference is null
        ? null
        : Prediction.From(view, taskContext, view.Checkpoints.References(row)[^2], row.Mask, frames.Mask!, context.Earlier).Values;

    // A reference never needs a parent.
    private EncodedDelta Encode(
        StoredFrames frames, Layout layout, IBlockReader parent, FrameHead head, EarlierValues? earlier, RecodeContext context,
        CancellationToken cancellationToken)
    {
        using var stored = new StoredDeltaReader(frames, layout, parent);
        if (row.IsBlocks)
        {
            return BlocksEncoder.TryEncode(
                stored, parent, head.Digests[2], context.Codec, context.TemporaryFolder, long.MaxValue, cancellationToken)!;
        }

        var (needsParent, recorded) = (row.ReferenceDepth is null, new RecordingReader(stored, context.Earlier.Longest));
        var encoded = DeltaEncoder.EncodeOn(
            frames.Mask!, needsParent ? stored : recorded, needsParent ? parent : null, head.Digests[2], context.Codec,
            context.TemporaryFolder, earlier, cancellationToken);
        if (!needsParent && recorded.Recorded is { } values)
        {
            context.Earlier.Add(row.State, row.Mask, values);
        }

        return encoded;
    }

    // The new frame replaces the stored one, so it is read back in the same way as later reads.
    private ChunkEntry[] ReadBack(
        StoredFrames frames, EncodedDelta encoded, Layout layout, IBlockReader parent, FrameHead head, CancellationToken cancellationToken)
    {
        if (!encoded.ValuesHead.Digests.SequenceEqual(head.Digests))
        {
            throw new FishException(
                ErrorCode.CorruptFrame, Key, "The new frame has other digests; the stored frame was not replaced.",
                "Check this machine's memory, and report the error.");
        }

        using var made = new StoredDeltaReader(frames with { Values = [.. frames.Values.SkipLast(1), encoded.Values] }, layout, parent);
        made.ReadToEnd(cancellationToken);
        return row.IsBlocks ? ChunkIndex.ReadBlocks(encoded.Values, encoded.ValuesHead, layout)
            : ChunkIndex.ReadValues(
                encoded.Values, encoded.ValuesHead, encoded.MaskHead!, ChunkIndex.ReadMask(frames.Mask!, encoded.MaskHead!, layout));
    }
}
