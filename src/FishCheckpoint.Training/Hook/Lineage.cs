using FishCheckpoint.Checkpoints;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The parent state of each save and the positions that it contains: all that may differ from the parent. So each save gives its whole
/// state relative to the anchor, and a skipped or failed save does not affect the next one. Used on the training thread only.
/// </summary>
/// <remarks>
/// With a fixed mask the anchor is always the task's start: its base, or the checkpoint that it branches from. When the mask changes, the
/// last saved step becomes the anchor. So saves stay as sparse as the mask, and a chain grows with the changes of the mask, not with the
/// saves.
/// </remarks>
internal sealed class Lineage
{
    private readonly Mask whole;

    public Lineage(Mask mask, Func<TensorInfo, bool> wholeTensors)
    {
        whole = Masks.Mask.Dense(mask.Layout, wholeTensors);
        Mask = mask;
        Saved = With(mask);
    }

    /// <summary>The positions that training changes now.</summary>
    public Mask Mask { get; private set; }

    /// <summary>The positions that each save contains.</summary>
    public Mask Saved { get; private set; }

    public Anchor Anchor { get; private set; } = Anchor.Start;

    /// <summary>Continues with another mask, from the state of a save or, without one, from the current anchor.</summary>
    public void Change(Mask mask, PendingSave? from)
    {
        if (from is null)
        {
            Saved = MaskSets.Union(Saved, With(mask));
        }
        else
        {
            (Anchor, Saved) = (Anchor.At(from), With(mask));
        }

        Mask = mask;
    }

    /// <summary>Adds these positions to all later saves.</summary>
    public void Widen(Mask more) => Saved = MaskSets.Union(Saved, more);

    /// <summary>Continues from a stored checkpoint.</summary>
    /// <param name="mask">The mask of the training.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="parentUsable">Whether later saves can use its parent as theirs.</param>
    public void Resume(Mask mask, CheckpointInfo checkpoint, bool parentUsable)
    {
        (Mask, Saved) = (mask, With(mask));
        var parent = ParentChoice.Parse(checkpoint.Parent);
        Anchor = checkpoint.Mask == Saved.Id && parentUsable && parent.Task is null
            ? new Anchor(parent.Step, null) : new Anchor(checkpoint.Step, null);
    }

    private Mask With(Mask mask) => whole.Count == 0 ? mask : MaskSets.Union(mask, whole);
}
