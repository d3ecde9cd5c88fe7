using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Totals;

namespace FishCheckpoint.Storage;

/// <summary>
/// Opens stores on one machine: SQLite for everything except the bases' bytes, which are files next to it. Several processes may open the
/// same data folder.
/// </summary>
public static class SqliteCheckpointStore
{
    /// <summary>
    /// Opens the store of a data folder. Creates it unless the options forbid that, and migrates one of an earlier version.
    /// </summary>
    /// <param name="options">The folder and the options.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <returns>The store. The caller disposes it.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreNotFound"/>, <see cref="ErrorCode.StoreTooNew"/>,
    /// <see cref="ErrorCode.StoreIncomplete"/>, <see cref="ErrorCode.CorruptStore"/>, <see cref="ErrorCode.StorageUnavailable"/>;
    /// <see cref="ErrorCode.StoreReadOnly"/> if a read-only store needs a migration.</exception>
    public static Task<CheckpointStore> OpenAsync(StoreOptions options, CancellationToken cancellationToken = default) => Task.Run(
        async () =>
        {
            try
            {
                var isReadOnly = StoreFolder.Prepare(options.DataFolder, options.MustExist);
                return isReadOnly ? OpenReadOnly(options) : await OpenWritableAsync(options, cancellationToken);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, options.DataFolder, error.Message,
                    "Choose a data folder that this user may read and write.", error);
            }
            catch (CatalogException error)
            {
                throw error.Refusal;
            }
        },
        cancellationToken);

    private static async Task<CheckpointStore> OpenWritableAsync(StoreOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var database = Database.Open(options.DataFolder, options.DiskSpace, options.Trace);
        BaseFolder? files = null;
        CheckpointStore? store = null;
        try
        {
            files = options.OpenBases();

            // From here on others see that the store is open, and do not replace it.
            Incomplete.RequireNone(options.DataFolder);
            var tasks = new TaskCatalog();
            store = Compose(options, database, files, tasks);
            await store.RecoverAsync(cancellationToken);
            await TotalsKeeper.BackfillAsync(database, tasks, cancellationToken);
            return store;
        }
        catch
        {
            if (store is null)
            {
                files?.Dispose();
                database.Dispose();
            }

            store?.Dispose();
            throw;
        }
    }

    private static CheckpointStore OpenReadOnly(StoreOptions options)
    {
        var database = Database.OpenReadOnly(options.DataFolder, options.DiskSpace);
        BaseFolder? files = null;
        var elsewhere = options with { TemporaryRoot = Directory.CreateTempSubdirectory("fish-").FullName };
        try
        {
            files = elsewhere.OpenBases();
            return Compose(elsewhere, database, files, new TaskCatalog());
        }
        catch
        {
            if (files is null)
            {
                Directory.Delete(elsewhere.TemporaryRoot, recursive: true);
            }

            files?.Dispose();
            database.Dispose();
            throw;
        }
    }

    private static CheckpointStore Compose(StoreOptions options, Database database, BaseFolder files, TaskCatalog tasks)
    {
        database.BeforeCommit = new TotalsKeeper(tasks, options.Time, database.OpenSnapshot).Update;
        return new CheckpointStore(options, database, files, tasks, async (wanted, cancellationToken) =>
        {
            var report = new Backup(database, files, options, options.DataFolder).Run(wanted, cancellationToken);
            if (wanted.Verify != BackupVerification.Full)
            {
                return report;
            }

            await using var copy =
                await OpenAsync(new StoreOptions { DataFolder = wanted.To, Progress = options.Progress }, cancellationToken);
            var found = await copy.Maintenance.VerifyAsync(null, cancellationToken);
            return report with
            {
                Damaged = [.. report.Damaged, .. found.Damaged.Select(damage => new DamagedFrame(damage.Key, damage.Problem))],
                Verified = BackupVerification.Full,
            };
        });
    }
}
