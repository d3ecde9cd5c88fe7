using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The running totals of the store, its bases and its tasks.</summary>
internal static class TotalsTable
{
    // Where the totals of the store stand: with no base.
    private static readonly byte[] Store = [];

    private const string NameOfBase = "(SELECT min(name) FROM base_names n WHERE n.base = x.base)";

    /// <summary>The totals of a task.</summary>
    public static TotalsRow? OfTask(CatalogConnection connection, string task) => connection.Single(
        $"SELECT t.name, {NameOfBase}, {TotalsRow.Columns} FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id "
        + "WHERE t.name = $0",
        TotalsRow.Read, task);

    /// <summary>The totals of a base.</summary>
    public static TotalsRow OfBase(CatalogConnection connection, Digest id) => connection.Single(
        $"SELECT NULL, {NameOfBase}, {TotalsRow.Columns} FROM totals x WHERE x.base = $0 AND x.task = 0", TotalsRow.Read, id)!;

    /// <summary>The totals of the store.</summary>
    public static TotalsRow OfStore(CatalogConnection connection) => connection.Single(
        $"SELECT NULL, NULL, {TotalsRow.Columns} FROM totals x WHERE x.base = $0 AND x.task = 0", TotalsRow.Read, Store)!;

    /// <summary>The totals of some bases.</summary>
    public static List<TotalsRow> Bases(CatalogConnection connection, int most) => connection.Query(
        $"SELECT NULL, {NameOfBase}, {TotalsRow.Columns} FROM (SELECT id FROM bases LIMIT $0) b "
        + "JOIN totals x ON x.base = b.id AND x.task = 0",
        TotalsRow.Read, most);

    /// <summary>The totals of the tasks that store most.</summary>
    public static List<TotalsRow> Tasks(CatalogConnection connection, int most) => connection.Query(
        $"""
        SELECT t.name, {NameOfBase}, {TotalsRow.Columns} FROM totals x CROSS JOIN tasks t WHERE t.id = x.task AND x.task > 0 AND t.former_name IS NULL
        ORDER BY x.position_bytes + x.value_bytes + x.state_bytes DESC, x.task DESC LIMIT $0
        """,
        TotalsRow.Read, most);

    /// <summary>How many visible checkpoints a task has.</summary>
    public static long CheckpointsOf(CatalogConnection connection, Digest @base, long task) =>
        connection.Scalar<long>("SELECT checkpoints FROM totals WHERE base = $0 AND task = $1", @base, task);

    /// <summary>Does the work, and measures by how much that shrinks what is stored, deleted checkpoints included.</summary>
    public static (T Result, long Freed) Freed<T>(CatalogConnection connection, Func<T> work)
    {
        var before = Of(connection);
        var result = work();
        return (result, before - Of(connection));
    }

    private static long Of(CatalogConnection connection) =>
        connection.Scalar<long>("SELECT position_bytes + value_bytes + state_bytes + hidden_bytes FROM totals WHERE base = $0 AND task = 0", Store);

    /// <summary>Bytes of deleted checkpoints that are still there for the sake of others, though their grace is over.</summary>
    public static long Held(CatalogConnection connection) => connection.Scalar<long>("SELECT hidden_bytes - grace_bytes FROM totals WHERE base = $0 AND task = 0", Store);

    /// <summary>The tasks whose running totals are not the sums of their checkpoints.</summary>
    public static List<string> WrongTasks(CatalogConnection connection) => connection.Query(
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
}
