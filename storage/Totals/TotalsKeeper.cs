using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Totals;

/// <summary>
/// Keeps what SQL alone cannot: growth by day, which goes by the store's clock, and totals by tensor, which are told by the frames' indices. Triggers of the writing
/// connection note what a transaction touches, whatever code does it; before it commits, that is counted as it was before, out of a snapshot, and as it is now.
/// </summary>
internal sealed class TotalsKeeper(TaskTable tasks, TimeProvider time, Func<Snapshot> openSnapshot)
{
    private static readonly long Day = (long)TimeSpan.FromDays(1).TotalMilliseconds;

    /// <summary>Counts what the transaction has touched; at its end.</summary>
    public void Settle(CatalogConnection writer)
    {
        CountTensors(writer);
        writer.Execute(
            """
            INSERT INTO growth SELECT base, task, $0, checkpoints, logical_bytes, stored_bytes FROM grown g
              WHERE (checkpoints <> 0 OR logical_bytes <> 0 OR stored_bytes <> 0)
                AND (task = 0 OR EXISTS (SELECT 1 FROM totals t WHERE t.base = g.base AND t.task = g.task))
              ON CONFLICT (base, task, day) DO UPDATE SET checkpoints = growth.checkpoints + excluded.checkpoints,
                logical_bytes = growth.logical_bytes + excluded.logical_bytes, stored_bytes = growth.stored_bytes + excluded.stored_bytes;
            DELETE FROM grown;
            DELETE FROM touched;
            """,
            time.GetUtcNow().ToUnixTimeMilliseconds() / Day);
    }

    /// <summary>Drops a task's totals by tensor, and what the transaction has touched of them: the task is deleted, and nothing of it is visible.</summary>
    public static void Forget(CatalogConnection writer, long task)
    {
        writer.Execute("DELETE FROM touched WHERE task = $0", task);
        writer.Execute("DELETE FROM task_tensors WHERE task = $0", task);
        writer.Execute("DELETE FROM tasks_to_count WHERE task = $0", task);
    }

    /// <summary>Counts the tensors of tasks that an earlier program has written.</summary>
    public static async Task CatchUpAsync(Database database, TaskTable tasks, CancellationToken cancellation)
    {
        while (Next(database) is { } task)
        {
            await database.WriteAsync(
                connection =>
                {
                    TensorCounter.Recount(connection, tasks, task);
                    return connection.Execute("DELETE FROM tasks_to_count WHERE task = $0", task);
                },
                cancellation);
        }
    }

    private static long? Next(Database database)
    {
        using var snapshot = database.OpenSnapshot();
        return snapshot.Connection.Scalar<long?>("SELECT min(task) FROM tasks_to_count");
    }

    private void CountTensors(CatalogConnection writer)
    {
        var touched = CountedCheckpoint.Touched(writer);
        if (touched.Count == 0)
        {
            return;
        }

        var counter = new TensorCounter(tasks);
        if (touched.Any(item => !item.IsFresh))
        {
            // No other can have committed since this transaction began: the snapshot is of the time before it.
            using var before = openSnapshot();
            foreach (var (id, _, _) in touched.Where(item => !item.IsFresh))
            {
                counter.Count(before.Connection, id, isIn: false);
            }
        }

        foreach (var now in touched.Select(item => item.Now).OfType<CountedCheckpoint>())
        {
            counter.Count(writer, now, isIn: true);
        }

        counter.Write(writer);
    }
}
