using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Repairs a damaged store into a new data folder, from everything that is undamaged or can be rebuilt. The damaged folder is only read.
/// The remains of lost items and a manifest go to the folder <c>quarantine</c> of the new one.
/// </summary>
public static class StoreRepair
{
    /// <summary>Repairs a store.</summary>
    /// <param name="options">What to repair, and where.</param>
    /// <param name="cancellationToken">Cancels the repair. The new folder stays marked as incomplete, and the next repair into it starts
    /// again.</param>
    /// <returns>The result; everything in the new folder is verified.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the new folder is not empty, or the old one is in use.
    /// <see cref="ErrorCode.FileNotFound"/>. <see cref="ErrorCode.CorruptBase"/>: a base is damaged and has no whole file.
    /// <see cref="ErrorCode.CorruptStore"/>: no page of the database has a table. <see cref="ErrorCode.StoreTooNew"/>.
    /// <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static Task<RepairReport> RunAsync(RepairOptions options, CancellationToken cancellationToken = default) => Task.Run(
        async () =>
        {
            try
            {
                return await RepairAsync(
                    options with { DataFolder = Path.GetFullPath(options.DataFolder), To = Path.GetFullPath(options.To) },
                    cancellationToken);
            }
            catch (CatalogException error)
            {
                throw error.Refusal;
            }
            catch (SqliteException error)
            {
                throw Database.Wrap(error).Refusal;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, options.To, error.Message,
                    "Check the space and permissions there. The damaged folder was not changed.", error);
            }
        },
        cancellationToken);

    private static async Task<RepairReport> RepairAsync(RepairOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(options.DataFolder, Database.FileName)))
        {
            throw new FishException(ErrorCode.FileNotFound, options.DataFolder, $"The folder has no {Database.FileName}.",
                "Name a data folder, or restore from a backup.");
        }

        Incomplete.RequireNone(options.DataFolder);
        SQLitePCL.Batteries_V2.Init();
        Incomplete.Begin(options.To);
        var log = new RepairLog(options.To);
        var work = Path.Combine(options.To, "original");
        var original = OriginalCopy.Make(options.DataFolder, work, new ProgressReporter(options.Progress), cancellationToken);
        LogFold.Run(original, log);
        using (var target = SqliteCatalogConnection.OpenFile(Path.Combine(options.To, Database.FileName)))
        {
            Migrations.Run(target);
            target.Execute("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; DELETE FROM store;");
            using (var source = OpenOriginal(original))
            {
                Salvage.Run(source, original, target, log, cancellationToken);
                if (StoreIdentity.Ensure(target) && (source is null || StoreIdentity.Has(source)))
                {
                    log.Rebuilt.Add("The repaired store has a new identity, because the old one could not be read.");
                }
            }

            BaseRebuild.Run(target, log);
            TaskRebuild.Run(target, log);
            RowRebuild.Run(target, log);
        }

        Directory.Delete(work, recursive: true);
        var report = await new SalvagedStore(options, log).FinishAsync(cancellationToken);
        Incomplete.End(options.To);
        return report;
    }

    // SQLite reads nothing without the schema.
    private static SqliteCatalogConnection? OpenOriginal(string path)
    {
        var connection = SqliteCatalogConnection.OpenFile(path);
        try
        {
            connection.Execute("PRAGMA cell_size_check = ON");
            Migrations.RequireKnown(connection);
            _ = connection.Scalar<long>("SELECT count(*) FROM sqlite_schema");
            return connection;
        }
        catch (CatalogException error) when (error.Fault == CatalogFault.Damaged)
        {
            connection.Dispose();
            return null;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
