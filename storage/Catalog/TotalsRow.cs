using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>A row of totals: of the store, a base or a task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Base">The base's name.</param>
/// <param name="Tasks">How many tasks there are; 0 for a task.</param>
/// <param name="BaseBytes">Bytes of the bases' files; 0 for a task.</param>
/// <param name="Checkpoints">Visible checkpoints. Of these are the following.</param>
/// <param name="Logical">Bytes as full models.</param>
/// <param name="Elements">Elements of full models.</param>
/// <param name="Changed">Values stored.</param>
/// <param name="Positions">Bytes of masks.</param>
/// <param name="Values">Bytes of values.</param>
/// <param name="State">Bytes of trainer states.</param>
/// <param name="Deltas">Deltas of all chains.</param>
/// <param name="MaxDepth">Deltas of the longest.</param>
/// <param name="Hidden">Bytes of deleted checkpoints that others need.</param>
/// <param name="Grace">Deleted checkpoints that can be brought back.</param>
/// <param name="GraceBytes">Bytes of these.</param>
/// <param name="NextExpires">When the first of them goes; known of a task and of the store.</param>
internal sealed record TotalsRow(
    string? Task, string? Base, long Tasks, long BaseBytes, long Checkpoints, long Logical, long Elements, long Changed, long Positions, long Values,
    long State, long Deltas, long MaxDepth, long Hidden, long Grace, long GraceBytes, DateTimeOffset? NextExpires)
{
    /// <summary>What <see cref="Read"/> reads of a row <c>x</c>, after the names of its task and its base.</summary>
    public const string Columns =
        "x.tasks, x.base_bytes, x.checkpoints, x.logical_bytes, x.elements, x.changed, x.position_bytes, x.value_bytes, x.state_bytes, x.deltas, "
        + "coalesce((SELECT d.depth FROM depths d WHERE d.base = x.base AND d.task = x.task AND d.checkpoints > 0 ORDER BY d.depth DESC LIMIT 1), 0), "
        + "x.hidden_bytes - x.grace_bytes, x.grace, x.grace_bytes, CASE WHEN x.grace = 0 THEN NULL WHEN length(x.base) = 0 THEN (SELECT min(expires) FROM checkpoints "
        + "WHERE expires IS NOT NULL) WHEN x.task > 0 THEN (SELECT min(expires) FROM checkpoints e WHERE e.task = x.task AND e.expires IS NOT NULL) END";

    public long Stored => Positions + Values + State;

    public static TotalsRow Read(CatalogRow row) => new(
        row.OptionalText(0), row.OptionalText(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7),
        row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13),
        row.GetInt64(14), row.GetInt64(15), row.IsDBNull(16) ? null : row.Time(16));

    public StorageReport ToReport(
        DiskUse? disk = null, IReadOnlyList<StorageReport>? bases = null, IReadOnlyList<StorageReport>? tasks = null, string? store = null) => new(
        Task, Checkpoints, Logical, new StoredBytes(Positions, Values, State, Stored, Positions + Values), Share(Logical, Positions + Values), Changed, Share(Changed, Elements),
        Share(Positions + Values, Changed), new ChainUse(Share(Deltas, Checkpoints), MaxDepth, ReadBytes), Hidden, Base,
        Task is null && Base is not null ? BaseBytes : null, Task is null ? Tasks : null, disk, bases, tasks, ToUse(), store);

    public GraceUse ToUse() => new(Grace, GraceBytes, NextExpires);

    // What one restore reads, on average: a full model of the base, and its chain.
    private long ReadBytes => Checkpoints == 0 ? 0 : (long)(Share(Logical, Checkpoints) + (Share(Deltas, Checkpoints) * Share(Positions + Values, Checkpoints)));

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
