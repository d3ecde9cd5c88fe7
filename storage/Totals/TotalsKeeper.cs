using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Totals;

/// <summary>
/// Maintains the totals that SQL alone cannot: growth per day, which uses the store's clock, and totals per tensor, which come from the
/// indexes of frames. Triggers of the writing connection record the changed rows; before the commit their previous totals are read from a
/// snapshot and their present ones from the transaction.
/// </summary>
internal sealed class TotalsKeeper(TaskCatalog tasks, TimeProvider time, Func<Snapshot> openSnapshot)
{
    /// <summary>Updates the totals at the end of a transaction.</summary>
    public void Update(CatalogConnection writer)
    {
        CountTensors(writer);
        TouchedRows.AddGrowth(writer, time.GetUtcNow());
    }

    /// <summary>Counts the tensors of tasks that an earlier version wrote.</summary>
    public static async Task BackfillAsync(Database database, TaskCatalog tasks, CancellationToken cancellationToken)
    {
        while (Next(database) is { } task)
        {
            await database.WriteAsync(
                connection =>
                {
                    TensorCounter.Recount(connection, tasks, task);
                    return connection.Rows.Tensors.SetCounted(task);
                },
                cancellationToken);
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
            // No other transaction can commit while this one runs, so the snapshot shows the state before it.
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
