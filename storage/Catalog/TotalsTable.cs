using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The running totals of the store, its bases and its tasks.</summary>
internal static class TotalsTable
{
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
        $"SELECT NULL, NULL, {TotalsRow.Columns} FROM totals x WHERE x.base = x'' AND x.task = 0", TotalsRow.Read)!;

    /// <summary>The totals of some bases.</summary>
    public static List<TotalsRow> Bases(CatalogConnection connection, int most) => connection.Query(
        $"SELECT NULL, {NameOfBase}, {TotalsRow.Columns} FROM (SELECT id FROM bases LIMIT $0) b "
        + "JOIN totals x ON x.base = b.id AND x.task = 0",
        TotalsRow.Read, most);

    /// <summary>The totals of the tasks that store most.</summary>
    public static List<TotalsRow> Tasks(CatalogConnection connection, int most) => connection.Query(
        $"""
        SELECT t.name, {NameOfBase}, {TotalsRow.Columns} FROM totals x CROSS JOIN tasks t ON t.id = x.task WHERE x.task > 0 AND t.former_name IS NULL
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
        connection.Scalar<long>("SELECT position_bytes + value_bytes + state_bytes + hidden_bytes FROM totals WHERE base = x'' AND task = 0");

    /// <summary>Bytes of deleted checkpoints that are still there for the sake of others, though their grace is over.</summary>
    public static long Held(CatalogConnection connection) => connection.Scalar<long>("SELECT hidden_bytes - grace_bytes FROM totals WHERE base = x'' AND task = 0");

    /// <summary>The tasks whose running totals are not the sums of their checkpoints.</summary>
    public static List<string> WrongTasks(CatalogConnection connection) => connection.Query(
        """
        SELECT coalesce(t.former_name, t.name) FROM tasks t LEFT JOIN totals x ON x.base = t.base AND x.task = t.id
        WHERE (x.checkpoints, x.logical_bytes, x.changed, x.position_bytes, x.value_bytes, x.state_bytes) IS NOT (
          SELECT count(*), coalesce(sum(c.logical_bytes), 0), coalesce(sum(c.changed), 0), coalesce(sum(c.brought_bytes), 0), coalesce(sum(c.value_bytes), 0),
            coalesce(sum(c.trainer_bytes), 0) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0)
          OR (x.grace, x.grace_bytes) IS NOT (SELECT count(*), coalesce(sum(c.brought_bytes + c.value_bytes + c.trainer_bytes), 0)
            FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL)
        """,
        row => row.GetString(0));
}
