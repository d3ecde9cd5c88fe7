using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Chains;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Reports;
using FishCheckpoint.Storage.Telemetry;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The states of a data folder: those of models, and those of their trainers.</summary>
internal sealed class StoreStates(StoreContext store) : IStates
{
    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => store.OpenModelAsync(connection =>
    {
        using var span = StoreTraces.Begin("load.open", task, step.ToString());
        var context = store.Context(connection, task);
        return (context, CheckpointTable.Find(connection, context, step));
    });

    /// <inheritdoc/>
    public Task<IModelReader> OpenBranchPointAsync(
        string task, CancellationToken cancellationToken = default) => store.OpenModelAsync(connection =>
    {
        using var span = StoreTraces.Begin("load.open", task, "start");
        var context = store.Context(connection, task);
        return (context, CheckpointTable.StartOf(connection, context));
    });

    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) => store.ReadAsync(connection =>
    {
        var context = store.Context(connection, task);
        using var target = OpenedState.Open(connection, store.Folder, context, CheckpointTable.Find(connection, context, to));
        var other = from.Task is { } name ? store.Tasks.Sister(connection, context, name) : context;
        using var source = OpenedState.Open(
            connection, store.Folder, other, from.Step is { } step ? CheckpointTable.Find(connection, other, step) : null);
        return DeltaEncoder.Encode(new ChainDiff(
            source, target).Open([], []), null, source.Identity, store.Options.Codec, store.Options.TemporaryFolder, cancellationToken);
    });

    /// <inheritdoc/>
    public async Task<EncodedDelta?> OpenDeltaAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellationToken = default)
    {
        var delta = await OpenDeltaAsync(task, to, from, cancellationToken);
        if (delta.Length <= maxBytes)
        {
            return delta;
        }

        delta.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public Task<ChangeReport> CompareAsync(
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) => store.ReadAsync(connection =>
    {
        var context = store.Context(connection, task);
        var later = CheckpointTable.Find(connection, context, to);
        using var target = OpenedState.Open(connection, store.Folder, context, later);
        var other = from.Task is { } name ? store.Tasks.Sister(connection, context, name) : context;
        using var source = OpenedState.Open(
            connection, store.Folder, other, from.Step is { } step ? CheckpointTable.Find(connection, other, step) : null);
        return StateComparer.Compare(source, target, from.Task, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<Saved<StateInfo>> PutTrainerStateAsync(
        string task, StepRef step, Stream content, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(async () =>
    {
        store.RequireWritable();
        await store.GetCheckpointAsync(task, step);
        await store.Room.KeepReserveAsync(cancellationToken);
        using var state = await PreparedState.EncodeAsync(content, store.Options, cancellationToken);
        var created = await store.Database.WriteAsync(
            connection =>
            {
                var row = CheckpointTable.Find(connection, store.Context(connection, task), step);
                return store.Ledger.Given(connection, task, row.Step, state.Give(connection, task, row), state.Info.StoredBytes);
            },
            cancellationToken);
        return new Saved<StateInfo>(state.Info, created);
    });

    /// <inheritdoc/>
    public Task<Stream> OpenTrainerStateAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(() =>
    {
        var snapshot = store.Database.OpenSnapshot();
        try
        {
            var row = CheckpointTable.Find(snapshot.Connection, store.Context(snapshot.Connection, task), step);
            var frame = row.TrainerFrame ?? throw new FishException(
                ErrorCode.StateNotFound, $"{task}/{row.Step}", "The checkpoint carries no trainer state.", "Save one with it.");
            return Task.FromResult<Stream>(StoredContent.Open(snapshot.Connection, frame, $"{task}/{row.Step} state", snapshot));
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    });
}
