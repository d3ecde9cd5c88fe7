using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// Repairs damaged frames of a checkpoint from a repeated save of the same state with another parent. The checkpoint may have been folded
/// since, or the store now chooses another parent.
/// </summary>
/// <param name="view">A snapshot.</param>
/// <param name="task">The task.</param>
/// <param name="parts">The parts of the store.</param>
internal sealed class RebasedRepair(ICatalogView view, TaskContext task, SaveParts parts)
{
    /// <summary>Encodes the saved state in the checkpoint's form, against its parent and from its reference.</summary>
    /// <param name="row">The checkpoint.</param>
    /// <param name="save">The repeated save.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The frames for <see cref="SaveWriter.Repair"/>; <see langword="null"/> if nothing is damaged, or the save itself has the
    /// frames.</returns>
    /// <exception cref="FishException">The damage cannot be repaired: the parent is damaged too, or another state was saved.</exception>
    public PreparedSave? Prepare(CheckpointRow row, PreparedSave save, CancellationToken cancellationToken)
    {
        if ((row.Proven == save.State && row.IsBlocks == save.Delta.IsBlocks) || IsSound(row))
        {
            return null;
        }

        var parent = OpenedState.Open(view, parts.Bases, task, row.Parent is { } id ? view.Checkpoints.Row(id) : null);
        try
        {
            // The digests of positions and values identify the content in any form.
            var made = Encode(row, parent, save, cancellationToken);
            if (made.State == row.Proven)
            {
                return made;
            }

            made.Delta.Dispose();
            throw new FishException(
                ErrorCode.CorruptCheckpoint, row.Label,
                "The checkpoint is damaged, and the repeated save has other positions or values.",
                "Save the original content in the same form; or delete the step, and save it again.");
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private bool IsSound(CheckpointRow row)
    {
        var layout = task.Layout.Layout;
        return row.IsBlocks ? FrameCheck.IsSoundBlocks(view, row.Frame, layout)
            : row.MaskFrame is { } mask && FrameCheck.IsSoundMask(view, mask, layout)
                && FrameCheck.IsSoundValues(view, row.Frame, view.Frames.Open(mask), layout);
    }

    private PreparedSave Encode(CheckpointRow row, OpenedState parent, PreparedSave save, CancellationToken cancellationToken)
    {
        var (layout, options) = (task.Layout.Layout, parts.Options);
        StateDiff Diff() => new(parent.Reader, save.OpenReader(row.Label));
        var blocks = BlocksEncoder.TryEncode(
            Diff(), parent.Reader, parent.Identity, options.Codec, options.TemporaryFolder, long.MaxValue, cancellationToken)!;
        if (row.IsBlocks || blocks.MaskId != row.Mask)
        {
            return new PreparedSave(blocks, parent, save.Output);
        }

        blocks.Dispose();
        var mask = row.MaskFrame is { } frame && FrameCheck.IsSoundMask(view, frame, layout) ? view.Frames.Open(frame) : null;
        var prediction = row.ReferenceDepth is null ? null
            : mask is null ? Prediction.None : Prediction.Find(view, task, row.Step, row, row.Mask, mask, parts.Cache);
        var on = prediction is null ? parent.Reader : null;
        var made = mask is null
            ? DeltaEncoder.Encode(Diff(), on, parent.Identity, options.Codec, options.TemporaryFolder, cancellationToken)
            : DeltaEncoder.EncodeOn(
                mask, Diff(), on, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellationToken);
        return new PreparedSave(made, parent, save.Output, mask is not null, prediction);
    }
}
