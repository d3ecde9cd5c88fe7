using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Makes a new data folder of a damaged one: of everything that is sound and what can be rebuilt. The damaged one is only read. What is
/// damaged goes to the folder <c>quarantine</c> of the new one, with what depends on it and a manifest.
/// </summary>
public static class StoreRepair
{
    /// <summary>Repairs.</summary>
    /// <param name="options">What, and where to.</param>
    /// <param name="cancellation">Ends the repair; the new folder is refused as incomplete, and the next repair into it begins
    /// again.</param>
    /// <returns>What was done; everything that the new folder holds was verified.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the new folder is not empty, or the old one is in use;
    /// <see cref="ErrorCode.FileNotFound"/>; <see cref="ErrorCode.CorruptBase"/>: a base is damaged and there is no whole file for it;
    /// <see cref="ErrorCode.CorruptStore"/>: no page of the database holds a table;
    /// <see cref="ErrorCode.StoreTooNew"/>; <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static Task<RepairReport> RunAsync(RepairOptions options, CancellationToken cancellation = default) => Task.Run(
        async () =>
        {
            try
            {
                return await RepairAsync(
                    options with { DataFolder = Path.GetFullPath(options.DataFolder), To = Path.GetFullPath(options.To) }, cancellation);
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
                    "Check the space and permissions there; the damaged folder was not touched.", error);
            }
        },
        cancellation);

    private static async Task<RepairReport> RepairAsync(RepairOptions options, CancellationToken cancellation)
    {
        if (!File.Exists(Path.Combine(options.DataFolder, Database.FileName)))
        {
            throw new FishException(ErrorCode.FileNotFound, options.DataFolder, $"The folder holds no {Database.FileName}.",
                "Name a data folder, or restore from a backup.");
        }

        Incomplete.RequireNone(options.DataFolder);
        SQLitePCL.Batteries_V2.Init();
        Incomplete.Begin(options.To);
        var log = new RepairLog(options.To);
        var work = Path.Combine(options.To, "original");
        var original = OriginalCopy.Make(options.DataFolder, work, new ProgressReporter(options.Progress), cancellation);
        LogFold.Run(original, log);
        using (var target = SqliteCatalogConnection.OpenFile(Path.Combine(options.To, Database.FileName)))
        {
            Migrations.Run(target);
            target.Execute("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; DELETE FROM store;");
            using (var source = OpenOriginal(original))
            {
                Salvage.Run(source, original, target, log, cancellation);
                if (StoreIdentity.Ensure(target) && (source is null || StoreIdentity.Has(source)))
                {
                    log.Rebuilt.Add("The store's identity could not be read: the repaired store has a new one.");
                }
            }

            BaseRebuild.Run(target, log);
            TaskRebuild.Run(target, log);
            RowRebuild.Run(target, log);
        }

        Directory.Delete(work, recursive: true);
        var report = await new SalvagedStore(options, log).FinishAsync(cancellation);
        Incomplete.End(options.To);
        return report;
    }

    // Without its schema SQLite reads nothing of it.
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
