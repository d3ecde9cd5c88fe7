
namespace FishCheckpoint.Engine.Ports;

/// <summary>
/// Deleted checkpoints that are based on each other, and those that are based on them and are not deleted: the ones go when the others are
/// rebased.
/// </summary>
/// <param name="Hidden">The deleted ones.</param>
/// <param name="Dependants">The others, each with the nearest of its chain that stays; <see langword="null"/> for the base.</param>
/// <param name="HeldBytes">Bytes that are held for the others: frames of the deleted ones, and masks that only these use.</param>
/// <param name="OldMaskBytes">Bytes of masks that go once the others are rebased, beside those.</param>
internal sealed record TombstoneGroup(
    IReadOnlyList<CheckpointRow> Hidden, IReadOnlyList<(CheckpointRow Row, CheckpointRow? Onto)> Dependants, long HeldBytes,
    long OldMaskBytes)
{
    /// <summary>Bytes that rebasing the others may take before it stops to pay.</summary>
    public long Bytes => HeldBytes + OldMaskBytes;

    /// <summary>Tells the group from others, and from what it was before something in it changed.</summary>
    public string Signature =>
        string.Join(',', Hidden.Select(row => row.Id).Concat(Dependants.Select(dependant => dependant.Row.Id)).Order());
}
