using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The store that a command works on: a data folder opened in this process, or a server.</summary>
internal sealed class OpenedStore : IAsyncDisposable
{
    private OpenedStore(ICheckpointStore store, IStorageReports reports, ICheckpointRecoding recoding, ICheckpointFolding folding) =>
        (Store, Reports, Recoding, Folding) = (store, reports, recoding, folding);

    public ICheckpointStore Store { get; }

    public IStorageReports Reports { get; }

    public ICheckpointRecoding Recoding { get; }

    public ICheckpointFolding Folding { get; }

    public static async Task<OpenedStore> OpenAsync(Shell shell, ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(shell.Server) is { } server)
        {
            if (parsed.GetResult(shell.Data) is { Implicit: false })
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, "--server", "A command works on a data folder or on a server, not on both.", "Give --data or --server.");
            }

            var client = FishClient.Connect(server);
            return new OpenedStore(client, client, client, client);
        }

        var options = shell.Settings.ToStoreOptions() with { DataFolder = shell.DataFolderOf(parsed) };
        var store = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        return new OpenedStore(store, store, store, store);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
