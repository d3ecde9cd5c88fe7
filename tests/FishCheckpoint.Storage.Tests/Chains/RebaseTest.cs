using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Totals;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>Rebases checkpoints of a store, as folding and garbage collection do.</summary>
public abstract class RebaseTest : RecodeTest
{
    /// <summary>Rebases a checkpoint onto another, or onto the base, unless something changes it in between.</summary>
    /// <returns>Whether it was written.</returns>
    protected async Task<bool> RebaseAsync(string task, long step, long? onto, Action? between = null)
    {
        using var database = OpenDatabase();
        using var rebased =
            Prepare(database, connection => (Find(connection, task, step)!, onto is { } other ? Find(connection, task, other) : null));
        between?.Invoke();
        return await database.WriteAsync(connection => Rebaser.Replace(connection.Rows, rebased), Stop);
    }

    /// <summary>Encodes the checkpoints that are predicted from a checkpoint without it.</summary>
    protected async Task<bool> RebasePredictionsAsync(string task, long step, Action? between = null)
    {
        using var database = OpenDatabase();
        using var snapshot = database.OpenSnapshot();
        var row = Find(snapshot.Connection, task, step)!;
        using var frames = PredictionRebaser.Prepare(snapshot.View, Means, row, Stop);
        snapshot.Dispose();
        between?.Invoke();
        return await database.WriteAsync(connection => PredictionRebaser.Replace(connection.Rows, row, frames), Stop);
    }

    /// <summary>Saves steps, each as a patch on the one before it; the first on the base.</summary>
    protected async Task SaveChainAsync(VariedSaves saves, long first, int steps)
    {
        var before = (Step: (long?)null, Model: Base);
        for (var step = first; step < first + steps; step++)
        {
            var model = before.Model.Change((int)step, 0.02);
            saves.Models[("task", step)] = model;
            await SaveOnAsync(step, model, before.Step, before.Model);
            before = (step, model);
        }
    }

    /// <summary>Saves a step as a patch on another, or on the base.</summary>
    protected async Task<Saved<CheckpointInfo>> SaveOnAsync(long step, TestModel model, long? parent, TestModel from)
    {
        var path = Path.Combine(Options.DataFolder, $"{Guid.NewGuid():N}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(from), Stop);
        using var patch = SafetensorsFile.Open(path);
        var options = new SaveOptions { Parent = parent is { } at ? ParentChoice.At(at) : ParentChoice.Base };
        return await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Sparse(patch), options, Stop);
    }

    // Counts what its transactions touch, as a store's does.
    private Database OpenDatabase()
    {
        var database = Database.Open(Options.DataFolder);
        database.BeforeCommit = new TotalsKeeper(new TaskCatalog(), TimeProvider.System, database.OpenSnapshot).Update;
        return database;
    }

    internal RecodeContext Means => new(
        new TaskCatalog(), Options.OpenBases(), new CodecOptions { Effort = CodecEffort.Small }, Options.TemporaryFolder,
        new ParentCache(1 << 20));

    // Tombstones too: the last of the step.
    private static CheckpointRow? Find(CatalogConnection connection, string task, long step) => connection.Rows.Checkpoints.Row(
        connection.Scalar<long>("SELECT max(c.id) FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE t.name = $0 AND c.step = $1", task,
            step));

    private RebasedCheckpoint Prepare(Database database, Func<CatalogConnection, (CheckpointRow Row, CheckpointRow? Onto)> find)
    {
        using var snapshot = database.OpenSnapshot();
        var (row, onto) = find(snapshot.Connection);
        return Rebaser.Prepare(snapshot.View, Means, row, onto, Stop);
    }
}
