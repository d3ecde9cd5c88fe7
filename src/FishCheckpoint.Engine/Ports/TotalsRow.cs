using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Totals of the store, a base or a task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Base">The base's name.</param>
/// <param name="Tasks">The number of tasks; 0 for a task.</param>
/// <param name="BaseBytes">Bytes of the bases' files; 0 for a task.</param>
/// <param name="Checkpoints">Visible checkpoints, which the following fields cover.</param>
/// <param name="Logical">Bytes as full models.</param>
/// <param name="Elements">Elements of full models.</param>
/// <param name="Changed">Values stored.</param>
/// <param name="Positions">Bytes of masks.</param>
/// <param name="Values">Bytes of values.</param>
/// <param name="TrainerState">Bytes of trainer states.</param>
/// <param name="Deltas">Deltas in all chains.</param>
/// <param name="MaxDepth">Deltas in the longest chain.</param>
/// <param name="TombstoneBytes">Bytes of tombstones.</param>
/// <param name="Grace">Deleted checkpoints that can be restored.</param>
/// <param name="GraceBytes">Bytes of the restorable checkpoints.</param>
/// <param name="NextExpires">The end of the first grace; only for a task and for the store.</param>
internal sealed record TotalsRow(
    string? Task, string? Base, long Tasks, long BaseBytes, long Checkpoints, long Logical, long Elements, long Changed, long Positions,
    long Values, long TrainerState, long Deltas, long MaxDepth, long TombstoneBytes, long Grace, long GraceBytes,
    DateTimeOffset? NextExpires)
{
    public long Stored => Positions + Values + TrainerState;

    public StorageReport ToReport(
        DiskUse? disk = null, IReadOnlyList<StorageReport>? bases = null, IReadOnlyList<StorageReport>? tasks = null,
        string? store = null) => new(
        Task, Checkpoints, Logical, new StoredBytes(Positions, Values, TrainerState, Stored, Positions + Values),
        Share(Logical, Positions + Values), Changed, Share(Changed, Elements),
        Share(Positions + Values, Changed), new ChainUse(Share(Deltas, Checkpoints), MaxDepth, ReadBytes), TombstoneBytes, Base,
        Task is null && Base is not null ? BaseBytes : null, Task is null ? Tasks : null, disk, bases, tasks, ToUse(), store);

    public GraceUse ToUse() => new(Grace, GraceBytes, NextExpires);

    // The average bytes of a restore: a full model of the base, and a chain.
    private long ReadBytes =>
        Checkpoints == 0 ? 0 : (long)(Share(Logical, Checkpoints) + (Share(Deltas, Checkpoints) * Share(Positions + Values, Checkpoints)));

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
