using System.CommandLine;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The store that a command works on: a data folder opened in this process, or a server.</summary>
internal sealed class OpenedStore : IAsyncDisposable
{
    private OpenedStore(IFishStore store, string place) => (Store, Place) = (store, place);

    /// <summary>Whether it is a server, which examines its input itself.</summary>
    public bool IsServer => Store is FishClient;

    /// <summary>The place of the store, for people.</summary>
    public string Place { get; }

    public IFishStore Store { get; }

    public static async Task<OpenedStore> OpenAsync(
        Shell shell, ParseResult parsed, string? spoolFolder, bool creates, CancellationToken cancellation)
    {
        if (shell.ServerOf(parsed) is { } server)
        {
            if (Shell.IsGiven(parsed, shell.Data))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, "--server", "A command works on a data folder or on a server, not on both.",
                    "Give --data or --server.");
            }

            var client = FishClient.Connect(server, shell.ClientOptionsOf(parsed) with { SpoolFolder = spoolFolder });
            return new OpenedStore(client, $"the server {server}");
        }

        var folder = shell.DataFolderOf(parsed);
        var options = shell.Settings.ToStoreOptions() with { DataFolder = folder, MustExist = !creates, Progress = shell.Terminal.Work };
        var store = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        return new OpenedStore(store, $"the data folder {folder}");
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
