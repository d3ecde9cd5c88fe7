using System.CommandLine;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The store that a command works on: a data folder opened in this process, or a server.</summary>
internal sealed class OpenedStore : IAsyncDisposable
{
    private OpenedStore(ICheckpointStore store, IAccessControl access, string place) => (Store, Access, Place) = (store, access, place);

    /// <summary>Where the store is, for people.</summary>
    public string Place { get; }

    public ICheckpointStore Store { get; }

    // Both kinds do all of this.
    public IStorageReports Reports => (IStorageReports)Store;

    public ICheckpointRecoding Recoding => (ICheckpointRecoding)Store;

    public IStoreVerification Verification => (IStoreVerification)Store;

    public IStoreBackups Backups => (IStoreBackups)Store;

    public IAccessControl Access { get; }

    public ICheckpointFolding Folding => (ICheckpointFolding)Store;

    public ICheckpointCollector Collector => (ICheckpointCollector)Store;

    public IBoundedDeltas Deltas => (IBoundedDeltas)Store;

    public IDeletedCheckpoints Deleted => (IDeletedCheckpoints)Store;

    public ITaskEvents Events => (ITaskEvents)Store;

    public static async Task<OpenedStore> OpenAsync(Shell shell, ParseResult parsed, string? spoolFolder, bool creates, CancellationToken cancellation)
    {
        if (shell.ServerOf(parsed) is { } server)
        {
            if (Shell.IsGiven(parsed, shell.Data))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, "--server", "A command works on a data folder or on a server, not on both.", "Give --data or --server.");
            }

            var client = FishClient.Connect(server, shell.ClientOptionsOf(parsed) with { SpoolFolder = spoolFolder });
            return new OpenedStore(client, client.Access, $"the server {server}");
        }

        var folder = shell.DataFolderOf(parsed);
        var options = shell.Settings.ToStoreOptions() with { DataFolder = folder, MustExist = !creates, Progress = shell.Terminal.Work };
        var store = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        return new OpenedStore(store, store.Access, $"the data folder {folder}");
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
