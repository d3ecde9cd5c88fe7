using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Engine.Saving;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Engine.Telemetry;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The states of a store: models and trainer states.</summary>
internal sealed class StoreStates(StoreContext store) : IStates
{
    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => store.OpenModelAsync(view =>
    {
        using var span = StoreTraces.Begin("load.open", task, step.ToString());
        var context = store.Context(view, task);
        return (context, view.Checkpoints.Find(context, step));
    });

    /// <inheritdoc/>
    public Task<IModelReader> OpenBranchPointAsync(
        string task, CancellationToken cancellationToken = default) => store.OpenModelAsync(view =>
    {
        using var span = StoreTraces.Begin("load.open", task, "start");
        var context = store.Context(view, task);
        return (context, view.BranchPointOf(context));
    });

    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) => store.ReadAsync(view =>
    {
        var context = store.Context(view, task);
        using var target = OpenedState.Open(view, store.Bases, context, view.Checkpoints.Find(context, to));
        var other = from.Task is { } name ? store.Tasks.Sibling(view, context, name) : context;
        using var source = OpenedState.Open(
            view, store.Bases, other, from.Step is { } step ? view.Checkpoints.Find(other, step) : null);
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
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) => store.ReadAsync(view =>
    {
        var context = store.Context(view, task);
        var later = view.Checkpoints.Find(context, to);
        using var target = OpenedState.Open(view, store.Bases, context, later);
        var other = from.Task is { } name ? store.Tasks.Sibling(view, context, name) : context;
        using var source = OpenedState.Open(
            view, store.Bases, other, from.Step is { } step ? view.Checkpoints.Find(other, step) : null);
        return StateComparer.Compare(source, target, from.Task, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<Saved<TrainerStateInfo>> PutTrainerStateAsync(
        string task, StepRef step, Stream content, CancellationToken cancellationToken = default) => store.GuardedAsync(async () =>
    {
        store.RequireWritable();
        await store.GetCheckpointAsync(task, step);
        await store.Room.KeepReserveAsync(cancellationToken);
        using var state = await PreparedTrainerState.EncodeAsync(content, store.Options, cancellationToken);
        var created = await store.Catalog.WriteAsync(
            writer =>
            {
                var row = writer.Checkpoints.Find(store.Context(writer, task), step);
                return store.AuditWriter.PutTrainerState(writer, task, row.Step, state.Attach(writer, task, row), state.Info.StoredBytes);
            },
            cancellationToken);
        return new Saved<TrainerStateInfo>(state.Info, created);
    });

    /// <inheritdoc/>
    public Task<Stream> OpenTrainerStateAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => store.GuardedAsync(() =>
    {
        var snapshot = store.Catalog.OpenSnapshot();
        try
        {
            var row = snapshot.View.Checkpoints.Find(store.Context(snapshot.View, task), step);
            var frame = row.TrainerFrame ?? throw new FishException(
                ErrorCode.StateNotFound, $"{task}/{row.Step}", "The checkpoint has no trainer state.", "Save it with one.");
            return Task.FromResult<Stream>(StoredContent.Open(snapshot.View, frame, $"{task}/{row.Step} state", snapshot));
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    });
}
