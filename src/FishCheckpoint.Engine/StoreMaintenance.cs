using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Maintenance.Folding;
using FishCheckpoint.Engine.Maintenance.Recoding;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The maintenance of a store.</summary>
internal sealed class StoreMaintenance(StoreContext store) : IMaintenance
{
    /// <inheritdoc/>
    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(() => new ChainFolder(
            store.Catalog, store.Bases, store.Tasks, store.AuditWriter, store.Options, (options ?? new FoldOptions()).Validate())
            .RunAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(() => new Recoder(
            store.Catalog, store.Bases, store.Tasks, store.AuditWriter, store.Options, (options ?? new RecodeOptions()).Validate())
            .RunAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<CollectResult> CollectAsync(
        CollectOptions? options = null, CancellationToken cancellationToken = default) => store.GuardedAsync(() =>
    {
        var wanted = (options ?? new CollectOptions()).Validate();
        if (wanted.DryRun)
        {
            return Task.FromResult(store.GarbageCollector.Plan(wanted, cancellationToken));
        }

        store.RequireWritable();
        return store.GarbageCollector.RunAsync(wanted, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default) =>
        store.GuardedAsync(() => new Verifier(
            store.Catalog, store.Bases, store.Options).RunAsync((options ?? new VerifyOptions()).Validate(), cancellationToken));

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyCheckpointAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => store.ReadAsync(view =>
    {
        var context = store.Context(view, task);
        var row = view.Checkpoints.Find(context, step);
        try
        {
            using var state = OpenedState.Open(view, store.Bases, context, row);
            var read = CheckpointVerifier.Verify(
                view, task, state, view.OutputOf(context, row), cancellationToken);
            return new VerifyResult(task, row.Step, true, read, null);
        }
        catch (FishException damage) when (damage.Kind is ErrorKind.Corrupt or ErrorKind.Invalid or ErrorKind.Mismatch)
        {
            return new VerifyResult(task, row.Step, false, 0, Problems.Of(damage));
        }
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default) =>
        store.ReadAsync<IReadOnlyList<KnownDamage>>(view => view.Verification.Damage());

    /// <inheritdoc/>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default) =>
        store.GuardedAsync(() => store.BackUp(options, cancellationToken));

    private Task<T> WriteAsync<T>(Func<Task<T>> run) => store.GuardedAsync(() =>
    {
        store.RequireWritable();
        return run();
    });
}
