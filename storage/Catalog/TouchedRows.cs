namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows that a transaction has changed, recorded by triggers of the writing connection.</summary>
internal static class TouchedRows
{
    private static readonly long Day = (long)TimeSpan.FromDays(1).TotalMilliseconds;

    /// <summary>
    /// The checkpoints that the transaction has changed: whether each is new, and its present row, or <see langword="null"/> if it is not
    /// visible. Omits checkpoints that were removed with their task, whose totals are deleted anyway.
    /// </summary>
    public static IReadOnlyList<(long Id, bool IsFresh, CountedCheckpoint? Now)> All(CatalogConnection writer) => writer.Query(
        $"""
        SELECT t.checkpoint, t.fresh, {CountedCheckpoint.Columns} FROM touched t
          LEFT JOIN checkpoints c ON c.id = t.checkpoint AND c.deleted = 0
          LEFT JOIN masks m ON m.id = c.mask LEFT JOIN tasks k ON k.id = c.task
        WHERE EXISTS (SELECT 1 FROM tasks WHERE id = t.task) OR EXISTS (SELECT 1 FROM checkpoints WHERE id = t.checkpoint)
        """,
        row => (row.GetInt64(0), row.GetBoolean(1), row.IsDBNull(2) ? null : CountedCheckpoint.Read(row, 2)));

    /// <summary>Adds the transaction's changes to the growth of the day, and clears the recorded rows. Called at its end.</summary>
    public static void AddGrowth(CatalogConnection writer, DateTimeOffset now) => writer.Execute(
        """
        INSERT INTO growth SELECT base, task, $0, checkpoints, logical_bytes, stored_bytes FROM grown g
          WHERE (checkpoints <> 0 OR logical_bytes <> 0 OR stored_bytes <> 0)
            AND (task = 0 OR EXISTS (SELECT 1 FROM totals t WHERE t.base = g.base AND t.task = g.task))
          ON CONFLICT (base, task, day) DO UPDATE SET checkpoints = growth.checkpoints + excluded.checkpoints,
            logical_bytes = growth.logical_bytes + excluded.logical_bytes, stored_bytes = growth.stored_bytes + excluded.stored_bytes;
        DELETE FROM grown;
        DELETE FROM touched;
        """,
        now.ToUnixTimeMilliseconds() / Day);

    /// <inheritdoc cref="Engine.Ports.ICatalogWriter.ForgetTotals"/>
    public static void Forget(CatalogConnection writer, long task)
    {
        writer.Execute("DELETE FROM touched WHERE task = $0", task);
        writer.Execute("DELETE FROM task_tensors WHERE task = $0", task);
        writer.Execute("DELETE FROM tasks_to_count WHERE task = $0", task);
    }
}
