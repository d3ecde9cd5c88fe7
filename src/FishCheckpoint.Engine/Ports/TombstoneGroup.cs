
namespace FishCheckpoint.Engine.Ports;

/// <summary>Connected tombstones and the visible checkpoints that depend on them. Rebasing the dependents frees the tombstones.</summary>
/// <param name="Hidden">The tombstones.</param>
/// <param name="Dependants">The dependents, each with its nearest ancestor that stays; <see langword="null"/> for the base.</param>
/// <param name="HeldBytes">Bytes kept for the dependents: frames of the tombstones, and masks that only these use.</param>
/// <param name="OldMaskBytes">Bytes of further masks that rebasing the dependents frees.</param>
internal sealed record TombstoneGroup(
    IReadOnlyList<CheckpointRow> Hidden, IReadOnlyList<(CheckpointRow Row, CheckpointRow? Onto)> Dependants, long HeldBytes,
    long OldMaskBytes)
{
    /// <summary>The most bytes that rebasing the dependents may add before it costs more than it frees.</summary>
    public long Bytes => HeldBytes + OldMaskBytes;

    /// <summary>Identifies the group and its present members.</summary>
    public string Signature =>
        string.Join(',', Hidden.Select(row => row.Id).Concat(Dependants.Select(dependant => dependant.Row.Id)).Order());
}
