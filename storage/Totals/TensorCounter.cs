using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Totals;

/// <summary>Collects a transaction's changes to the totals per tensor, and writes them once.</summary>
internal sealed class TensorCounter(TaskCatalog tasks)
{
    private readonly Dictionary<long, Dictionary<int, TensorTotals>> changes = [];
    private readonly HashSet<long> unclear = [];
    private readonly Dictionary<long, Layout> layouts = [];

    /// <summary>Adds a checkpoint's present totals, or subtracts its previous ones.</summary>
    public void Count(CatalogConnection connection, long checkpoint, bool isIn)
    {
        if (CountedCheckpoint.Find(connection, checkpoint) is { } counted)
        {
            Count(connection, counted, isIn);
        }
    }

    /// <summary>Adds a checkpoint's present totals, or subtracts its previous ones.</summary>
    public void Count(CatalogConnection connection, CountedCheckpoint counted, bool isIn)
    {
        if (unclear.Contains(counted.Task))
        {
            return;
        }

        try
        {
            if (!layouts.TryGetValue(counted.Task, out var layout))
            {
                layouts.Add(counted.Task, layout = tasks.LayoutOf(connection.Rows, counted.Base, counted.Tensors));
            }

            foreach (var (tensor, totals) in counted.Count(connection, layout))
            {
                Add(counted.Task, tensor, isIn ? totals : -totals);
            }
        }
        catch (FishException damage) when (damage.Kind != ErrorKind.Unavailable)
        {
            // The checkpoint's share of the totals is unknown, so the task is counted again.
            unclear.Add(counted.Task);
        }
    }

    /// <summary>Writes the changes, in the caller's transaction.</summary>
    public void Write(CatalogConnection connection)
    {
        foreach (var task in unclear)
        {
            changes.Remove(task);
            Recount(connection, tasks, task);
        }

        foreach (var (task, tensors) in changes)
        {
            connection.Rows.Tensors.Add(task, tensors);
        }
    }

    /// <summary>Counts a whole task from its frames, in the caller's transaction. Frames with damaged heads are left out.</summary>
    public static void Recount(CatalogConnection connection, TaskCatalog tasks, long task)
    {
        connection.Rows.Tensors.Clear(task);
        var counter = new TensorCounter(tasks);
        foreach (var id in connection.Rows.Checkpoints.IdsOf(task))
        {
            counter.Count(connection, id, isIn: true);
            counter.unclear.Clear();
        }

        counter.Write(connection);
    }

    private void Add(long task, int tensor, TensorTotals more)
    {
        if (!changes.TryGetValue(task, out var tensors))
        {
            changes.Add(task, tensors = []);
        }

        tensors[tensor] = tensors.GetValueOrDefault(tensor) + more;
    }
}
