using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Collection;

/// <summary>Removes deleted checkpoints and tasks whose grace is over, a few in a transaction, so that nobody waits long.</summary>
internal static class GraceCollector
{
    // Of each transaction, for others wait for it.
    private const int MostAtOnce = 1000;

    /// <summary>The deleted checkpoints that a round would remove.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">Whether grace that goes on is ended, and of which task.</param>
    public static IReadOnlyList<long> Expired(CatalogConnection connection, DateTimeOffset now, CollectOptions options) => connection.Query(
        """
        SELECT c.id FROM checkpoints c WHERE c.expires IS NOT NULL AND (c.expires <= $0
          OR ($1 AND ($2 IS NULL OR c.task IN (SELECT id FROM tasks WHERE name = $2 OR former_name = $2)))) ORDER BY c.id
        """,
        row => row.GetInt64(0), now, options.Now ? 1 : 0, options.Task);

    /// <summary>Ends the grace of everything deleted: from then on nothing of it comes back, whether it is gone yet or not.</summary>
    /// <returns>Checkpoints whose grace was ended, and their bytes.</returns>
    public static (long Checkpoints, long Bytes) EndAll(CatalogConnection connection, DateTimeOffset now, string? task, Ledger ledger)
    {
        const string Which = "expires > $0 AND ($1 IS NULL OR task IN (SELECT id FROM tasks WHERE name = $1 OR former_name = $1))";
        var (count, bytes) = connection.Single(
            $"SELECT count(*), coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {Which}",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), now, task)!;
        var tasks = connection.Execute("UPDATE tasks SET expires = $0 WHERE expires > $0 AND ($1 IS NULL OR former_name = $1)", now, task);
        if (count + tasks > 0)
        {
            connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {Which}", now, task);
            ledger.Note(connection, "grace.end", null, task ?? "store", Ledger.Deleted, bytes);
        }

        return (count, bytes);
    }

    /// <summary>Ends the grace of the checkpoints whose grace would end first, until they take so many bytes: of a deleted task, that of all of it.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool EndOldest(CatalogConnection connection, DateTimeOffset now, long bytes, Ledger ledger)
    {
        var (ended, left, most) = (0L, bytes, MostAtOnce);
        while (left > 0 && most-- > 0 && connection.Single(
            "SELECT id, task, with_task FROM checkpoints WHERE expires > $0 ORDER BY expires, id LIMIT 1",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0), now) is var (id, task, withTask))
        {
            const string Which = "expires > $0 AND (id = $1 OR ($3 AND task = $2 AND with_task = 1))";
            var freed = connection.Scalar<long>(
                $"SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {Which}", now, id, task, withTask ? 1 : 0);
            connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {Which}", now, id, task, withTask ? 1 : 0);
            connection.Execute("UPDATE tasks SET expires = $0 WHERE id = $1 AND $2 AND expires > $0", now, task, withTask ? 1 : 0);
            (ended, left) = (ended + freed, left - Math.Max(1, freed));
        }

        if (left < bytes)
        {
            ledger.Note(connection, "grace.end", null, "store: the disk is full", Ledger.Deleted, ended);
        }

        return left < bytes;
    }

    /// <summary>Removes some of what is over.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="now">The time.</param>
    /// <param name="most">The most checkpoints, and the most tasks.</param>
    /// <returns>Checkpoints that were removed, and whether there may be more to do.</returns>
    public static (int Removed, bool More) Some(CatalogConnection connection, DateTimeOffset now, int most)
    {
        var over = connection.Query(
            "SELECT id, trainer_frame FROM checkpoints WHERE expires <= $0 ORDER BY expires LIMIT $1", row => (row.GetInt64(0), row.OptionalLong(1)), now, most);
        foreach (var (id, frame) in over)
        {
            CheckpointRemover.EndGrace(connection, id, frame);
        }

        var tasks = connection.Query(
            """
            SELECT t.id FROM tasks t WHERE t.former_name IS NOT NULL AND t.expires <= $0
              AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL) LIMIT $1
            """,
            row => row.GetInt64(0), now, most);
        tasks.ForEach(task => TaskRemover.EndGrace(connection, task));
        return (over.Count, over.Count == most || tasks.Count == most);
    }
}
