
namespace FishCheckpoint.Engine.Ports;

/// <summary>Connected tombstones and the visible checkpoints that depend on them. Rebasing the dependents frees the tombstones.</summary>
/// <param name="Tombstones">The tombstones.</param>
/// <param name="Dependents">The dependents, each with its nearest ancestor that stays; <see langword="null"/> for the base.</param>
/// <param name="KeptBytes">Bytes kept for the dependents: frames of the tombstones, and masks that only these use.</param>
/// <param name="OldMaskBytes">Bytes of further masks that rebasing the dependents frees.</param>
internal sealed record TombstoneGroup(
    IReadOnlyList<CheckpointRow> Tombstones, IReadOnlyList<(CheckpointRow Row, CheckpointRow? Onto)> Dependents, long KeptBytes,
    long OldMaskBytes)
{
    /// <summary>The most bytes that rebasing the dependents may add before it costs more than it frees.</summary>
    public long Bytes => KeptBytes + OldMaskBytes;

    /// <summary>Identifies the group and its present members.</summary>
    public string Signature =>
        string.Join(',', Tombstones.Select(row => row.Id).Concat(Dependents.Select(dependent => dependent.Row.Id)).Order());
}
