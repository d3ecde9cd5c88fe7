using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>Opens the embedded store once: before the host's services start, or when it is first asked for. It ends with the
/// container.</summary>
internal sealed partial class StoreOpening(StoreOptions options, ILogger<StoreOpening>? logger = null)
    : IHostedLifecycleService, IDisposable
{
    private readonly ILogger logger = logger ?? NullLogger<StoreOpening>.Instance;
    private readonly Lock opening = new();
    private Task<CheckpointStore>? opened;
    private bool closed;

    public CheckpointStore Store => OpenAsync(CancellationToken.None).GetAwaiter().GetResult();

    public Task StartingAsync(CancellationToken cancellationToken) => OpenAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Closes the store when the host's services have stopped, or with the container.</summary>
    public void Dispose()
    {
        if (opened is { IsCompletedSuccessfully: true } && !closed)
        {
            closed = true;
            opened.Result.Dispose();
            Closed(logger);
        }
    }

    private Task<CheckpointStore> OpenAsync(CancellationToken cancellationToken)
    {
        lock (opening)
        {
            // What failed is tried again by whoever asks next.
            return opened is null or { IsFaulted: true } or { IsCanceled: true } ? opened = OpenNowAsync(cancellationToken) : opened;
        }
    }

    private async Task<CheckpointStore> OpenNowAsync(CancellationToken cancellationToken)
    {
        var store = await SqliteCheckpointStore.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        Opened(logger, options.DataFolder);
        if (store.IsReadOnly)
        {
            OpenedReadOnly(logger, options.DataFolder);
        }

        return store;
    }

    [LoggerMessage(5, LogLevel.Information, "The store of {DataFolder} is open")]
    private static partial void Opened(ILogger logger, string dataFolder);

    [LoggerMessage(22, LogLevel.Warning, "The store of {DataFolder} is read only: this user has no write access, and changes are refused")]
    private static partial void OpenedReadOnly(ILogger logger, string dataFolder);

    [LoggerMessage(12, LogLevel.Information, "The store is closed")]
    private static partial void Closed(ILogger logger);
}
