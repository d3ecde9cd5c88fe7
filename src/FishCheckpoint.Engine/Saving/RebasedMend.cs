using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// Makes the damaged frames of a checkpoint anew of a save of the same state that was based on something else: since it was first saved it
/// may have been folded, or what is chosen for it now is not what was chosen then.
/// </summary>
/// <param name="view">A snapshot.</param>
/// <param name="task">The task.</param>
/// <param name="parts">The parts of the store.</param>
internal sealed class RebasedMend(ICatalogView view, TaskContext task, SaveParts parts)
{
    /// <summary>
    /// Encodes the saved state as the checkpoint lies: on what it is based on, in its form, predicted from what it is predicted from.
    /// </summary>
    /// <param name="row">The checkpoint.</param>
    /// <param name="save">What was saved again.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>What <see cref="SaveWriter.Mend"/> takes; <see langword="null"/> where nothing is damaged, or the save itself is what it
    /// takes.</returns>
    /// <exception cref="FishException">It is damaged, and cannot be made anew: what it is based on is damaged too, or it is another state
    /// that was saved.</exception>
    public PreparedSave? Prepare(CheckpointRow row, PreparedSave save, CancellationToken cancellation)
    {
        if ((row.Proven == save.State && row.IsBlocks == save.Delta.IsBlocks) || IsSound(row))
        {
            return null;
        }

        var parent = OpenedState.Open(view, parts.Bases, task, row.Parent is { } id ? view.Checkpoints.Row(id) : null);
        try
        {
            // The digests of positions and values tell whether this is what was there, whatever the form.
            var made = Encode(row, parent, save, cancellation);
            if (made.State == row.Proven)
            {
                return made;
            }

            made.Delta.Dispose();
            throw new FishException(
                ErrorCode.CorruptCheckpoint, row.Label,
                "The checkpoint is damaged, and what was saved again does not have its positions and values.",
                "Save what was saved first, in the same form; or delete the step, and save it anew.");
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

    private PreparedSave Encode(CheckpointRow row, OpenedState parent, PreparedSave save, CancellationToken cancellation)
    {
        var (layout, options) = (task.Layout.Layout, parts.Options);
        StateDiff Diff() => new(parent.Reader, save.OpenReader(row.Label));
        var blocks = BlocksEncoder.TryEncode(
            Diff(), parent.Reader, parent.Identity, options.Codec, options.TemporaryFolder, long.MaxValue, cancellation)!;
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
            ? DeltaEncoder.Encode(Diff(), on, parent.Identity, options.Codec, options.TemporaryFolder, cancellation)
            : DeltaEncoder.EncodeOn(
                mask, Diff(), on, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellation);
        return new PreparedSave(made, parent, save.Output, mask is not null, prediction);
    }
}
