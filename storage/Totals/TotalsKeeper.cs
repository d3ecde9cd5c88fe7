using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Totals;

/// <summary>
/// Keeps what SQL alone cannot: growth by day, which goes by the store's clock, and totals by tensor, which are told by the frames'
/// indices. Triggers of the writing connection note what a transaction touches, whatever code does it; before it commits, that is counted
/// as it was before, out of a snapshot, and as it is now.
/// </summary>
internal sealed class TotalsKeeper(TaskCatalog tasks, TimeProvider time, Func<Snapshot> openSnapshot)
{
    /// <summary>Counts what the transaction has touched; at its end.</summary>
    public void Settle(CatalogConnection writer)
    {
        CountTensors(writer);
        TouchedRows.Settle(writer, time.GetUtcNow());
    }

    /// <summary>Counts the tensors of tasks that an earlier program has written.</summary>
    public static async Task BackfillAsync(Database database, TaskCatalog tasks, CancellationToken cancellation)
    {
        while (Next(database) is { } task)
        {
            await database.WriteAsync(
                connection =>
                {
                    TensorCounter.Recount(connection, tasks, task);
                    return connection.Rows.Tensors.SetCounted(task);
                },
                cancellation);
        }
    }

    private static long? Next(Database database)
    {
        using var snapshot = database.OpenSnapshot();
        return snapshot.Connection.Rows.Tensors.NextUncounted();
    }

    private void CountTensors(CatalogConnection writer)
    {
        var touched = TouchedRows.All(writer);
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
