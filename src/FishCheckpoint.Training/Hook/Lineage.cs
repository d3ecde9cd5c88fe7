using FishCheckpoint.Checkpoints;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// What each save is laid on, and which positions it holds: all that may differ from there. So each save says all of its state relative to
/// the anchor, and a save that is skipped or fails takes nothing from the next one. Used on the training thread only.
/// </summary>
/// <remarks>
/// With a fixed mask the anchor is what the task starts from for ever: its base, or the checkpoint that it branched from. When the mask
/// changes, the last saved step becomes the anchor: saves stay as sparse as the mask, and a chain grows with the changes of the mask, not
/// with the saves.
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

    /// <summary>The positions that each save holds.</summary>
    public Mask Saved { get; private set; }

    public Anchor Anchor { get; private set; } = Anchor.Start;

    /// <summary>Training goes on with another mask, from the state of a save or, without one, from wherever it is.</summary>
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

    /// <summary>Saves hold these positions too.</summary>
    public void Widen(Mask more) => Saved = MaskSets.Union(Saved, more);

    /// <summary>Training goes on from a stored checkpoint.</summary>
    /// <param name="mask">The mask that it trains with.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="parentUsable">Whether more can be laid on its parent.</param>
    public void Resume(Mask mask, CheckpointInfo checkpoint, bool parentUsable)
    {
        (Mask, Saved) = (mask, With(mask));
        var parent = ParentChoice.Parse(checkpoint.Parent);
        Anchor = checkpoint.Mask == Saved.Id && parentUsable && parent.Task is null
            ? new Anchor(parent.Step, null) : new Anchor(checkpoint.Step, null);
    }

    private Mask With(Mask mask) => whole.Count == 0 ? mask : MaskSets.Union(mask, whole);
}
