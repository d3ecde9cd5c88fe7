using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Chains;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Recoding;
using FishCheckpoint.Storage.Verification;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The maintenance of a data folder.</summary>
internal sealed class StoreMaintenance(StoreContext store) : IMaintenance
{
    /// <inheritdoc/>
    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default) =>
        StoreContext.GuardedAsync(() =>
        {
            store.RequireWritable();
            return new Folder(store.Database, store.Folder, store.Tasks, store.Ledger, store.Options).RunAsync(
                (options ?? new FoldOptions()).Checked(), cancellationToken);
        });

    /// <inheritdoc/>
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default) =>
        StoreContext.GuardedAsync(async () =>
        {
            store.RequireWritable();
            var result = await new Recoder(store.Database, store.Folder, store.Tasks, store.Options).RunAsync(
                (options ?? new RecodeOptions()).Checked(), cancellationToken);
            return result.Recoded == 0 ? result : await store.Database.WriteAsync(
                connection =>
                {
                    store.Ledger.Note(connection, "maintenance.recode", options?.Task, options?.Task
                        ?? "store", Ledger.Changed, result.BytesAfter - result.BytesBefore);
                    return result;
                },
                cancellationToken);
        });

    /// <inheritdoc/>
    public Task<CollectResult> CollectAsync(
        CollectOptions? options = null, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(() =>
    {
        var wanted = (options ?? new CollectOptions()).Checked();
        if (wanted.DryRun)
        {
            return Task.FromResult(store.Collector.Plan(wanted, cancellationToken));
        }

        store.RequireWritable();
        return store.Collector.RunAsync(wanted, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default) =>
        StoreContext.GuardedAsync(() => new Verifier(
            store.Database, store.Folder, store.Options).RunAsync((options ?? new VerifyOptions()).Checked(), cancellationToken));

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyCheckpointAsync(
        string task, StepRef step, CancellationToken cancellationToken = default) => store.ReadAsync(connection =>
    {
        var context = store.Context(connection, task);
        var row = CheckpointTable.Find(connection, context, step);
        try
        {
            using var state = OpenedState.Open(connection, store.Folder, context, row);
            var read = CheckpointVerifier.Verify(
                connection, task, state, CheckpointTable.OutputOf(connection, context, row), cancellationToken);
            return new VerifyResult(task, row.Step, true, read, null);
        }
        catch (FishException damage) when (damage.Kind is ErrorKind.Corrupt or ErrorKind.Invalid or ErrorKind.Mismatch)
        {
            return new VerifyResult(task, row.Step, false, 0, $"{ErrorCodes.NameOf(damage.Code)} ({damage.Key}): {damage.Cause}");
        }
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default) =>
        store.ReadAsync<IReadOnlyList<KnownDamage>>(VerifiedTable.Damage);

    /// <inheritdoc/>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default) =>
        StoreContext.GuardedAsync(async () =>
        {
            var report = new Backup(store.Database, store.Folder, store.Options).Run(options, cancellationToken);
            if (options.Verify != BackupVerification.Full)
            {
                return report;
            }

            await using var copy = await SqliteCheckpointStore.OpenAsync(
                new StoreOptions { DataFolder = options.To, Progress = store.Options.Progress }, cancellationToken);
            var found = (await copy.Maintenance.VerifyAsync(null, cancellationToken)).Damaged.Select(
                damage => new DamagedFrame(damage.Key, damage.Problem));
            return report with { Damaged = [.. report.Damaged, .. found], Verified = BackupVerification.Full };
        });
}
