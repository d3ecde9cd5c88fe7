using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The running totals of the store, its bases and its tasks.</summary>
internal sealed class TotalsTable(CatalogConnection connection) : ITotalsRows
{
    // The totals of the store have an empty base.
    private static readonly byte[] Store = [];

    /// <summary>The columns that <see cref="Read"/> takes from a row <c>x</c>, after the names of the task and the base.</summary>
    private const string Columns =
        """
        x.tasks, x.base_bytes, x.checkpoints, x.logical_bytes, x.elements, x.changed, x.position_bytes, x.value_bytes, x.state_bytes,
          x.deltas,
          coalesce((SELECT d.depth FROM depths d WHERE d.base = x.base AND d.task = x.task AND d.checkpoints > 0
            ORDER BY d.depth DESC LIMIT 1), 0),
          x.hidden_bytes - x.grace_bytes, x.grace, x.grace_bytes,
          CASE WHEN x.grace = 0 THEN NULL
            WHEN length(x.base) = 0 THEN (SELECT min(expires) FROM checkpoints WHERE expires IS NOT NULL)
            WHEN x.task > 0 THEN (SELECT min(expires) FROM checkpoints e WHERE e.task = x.task AND e.expires IS NOT NULL) END
        """;

    private const string NameOfBase = "(SELECT min(name) FROM base_names n WHERE n.base = x.base)";

    public TotalsRow? OfTask(string task) => connection.Single(
        $"SELECT t.name, {NameOfBase}, {Columns} FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id WHERE t.name = $0",
        Read, task);

    public TotalsRow OfBase(Digest id) => connection.Single(
        $"SELECT NULL, {NameOfBase}, {Columns} FROM totals x WHERE x.base = $0 AND x.task = 0", Read, id)!;

    public TotalsRow OfStore() => connection.Single(
        $"SELECT NULL, NULL, {Columns} FROM totals x WHERE x.base = $0 AND x.task = 0", Read, Store)!;

    public List<TotalsRow> Bases(int most) => connection.Query(
        $"SELECT NULL, {NameOfBase}, {Columns} FROM (SELECT id FROM bases LIMIT $0) b JOIN totals x ON x.base = b.id AND x.task = 0",
        Read, most);

    public List<TotalsRow> Tasks(int most) => connection.Query(
        $"""
        SELECT t.name, {NameOfBase}, {Columns} FROM totals x CROSS JOIN tasks t WHERE t.id = x.task AND x.task > 0 AND t.former_name IS NULL
        ORDER BY x.position_bytes + x.value_bytes + x.state_bytes DESC, x.task DESC LIMIT $0
        """,
        Read, most);

    public long CheckpointsOf(Digest @base, long task) =>
        connection.Scalar<long>("SELECT checkpoints FROM totals WHERE base = $0 AND task = $1", @base, task);

    public (T Result, long Freed) Freed<T>(Func<T> work)
    {
        var before = Of();
        var result = work();
        return (result, before - Of());
    }

    private long Of() =>
        connection.Scalar<long>("SELECT position_bytes + value_bytes + state_bytes + hidden_bytes FROM totals WHERE base = $0 AND task = 0",
            Store);

    public long TombstoneBytes() =>
        connection.Scalar<long>("SELECT hidden_bytes - grace_bytes FROM totals WHERE base = $0 AND task = 0", Store);

    public List<string> WrongTasks() => connection.Query(
        """
        SELECT coalesce(t.former_name, t.name) FROM tasks t LEFT JOIN totals x ON x.base = t.base AND x.task = t.id
        WHERE NOT EXISTS (
          SELECT count(*) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0 HAVING count(*) = x.checkpoints
            AND coalesce(sum(c.logical_bytes), 0) = x.logical_bytes AND coalesce(sum(c.changed), 0) = x.changed
            AND coalesce(sum(c.brought_bytes), 0) = x.position_bytes AND coalesce(sum(c.value_bytes), 0) = x.value_bytes
            AND coalesce(sum(c.trainer_bytes), 0) = x.state_bytes)
          OR NOT EXISTS (
          SELECT count(*) FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL HAVING count(*) = x.grace
            AND coalesce(sum(c.brought_bytes + c.value_bytes + c.trainer_bytes), 0) = x.grace_bytes)
        """,
        row => row.GetString(0));

    private static TotalsRow Read(CatalogRow row) => new(
        row.OptionalText(0), row.OptionalText(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6),
        row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13),
        row.GetInt64(14), row.GetInt64(15), row.IsDBNull(16) ? null : row.Time(16));
}
