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

    /// <summary>Lets a connection note what it touches: in tables of its own, in memory, that cost the log nothing.</summary>
    public static void Attach(CatalogConnection writer) => writer.Execute(
        """
        PRAGMA temp_store = MEMORY;
        CREATE TEMP TABLE IF NOT EXISTS touched (checkpoint INTEGER PRIMARY KEY, task INTEGER NOT NULL, fresh INTEGER NOT NULL) STRICT;
        CREATE TEMP TABLE IF NOT EXISTS grown (base BLOB NOT NULL, task INTEGER NOT NULL, checkpoints INTEGER NOT NULL, logical_bytes INTEGER NOT NULL,
          stored_bytes INTEGER NOT NULL, PRIMARY KEY (base, task)) STRICT, WITHOUT ROWID;

        CREATE TEMP TRIGGER IF NOT EXISTS touched_insert AFTER INSERT ON main.checkpoints BEGIN
          INSERT INTO touched VALUES (new.id, new.task, 1) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS touched_delete AFTER DELETE ON main.checkpoints WHEN old.deleted = 0 BEGIN
          INSERT INTO touched VALUES (old.id, old.task, 0) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS touched_update AFTER UPDATE OF task, deleted, mask, frame, blocks, brought_bytes, value_bytes ON main.checkpoints
        WHEN old.deleted = 0 OR new.deleted = 0 BEGIN
          INSERT INTO touched VALUES (old.id, old.task, 0) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS grown_update AFTER UPDATE OF checkpoints, logical_bytes, position_bytes, value_bytes, state_bytes ON main.totals BEGIN
          INSERT INTO grown VALUES (new.base, new.task, new.checkpoints - old.checkpoints, new.logical_bytes - old.logical_bytes,
            new.position_bytes + new.value_bytes + new.state_bytes - old.position_bytes - old.value_bytes - old.state_bytes)
          ON CONFLICT DO UPDATE SET checkpoints = checkpoints + excluded.checkpoints, logical_bytes = logical_bytes + excluded.logical_bytes,
            stored_bytes = stored_bytes + excluded.stored_bytes;
        END;
        """);

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
