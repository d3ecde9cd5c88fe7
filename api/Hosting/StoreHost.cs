using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Api.Hosting;

/// <summary>Opens the store before the server listens. The container closes it when everything has stopped.</summary>
internal sealed class StoreHost(StoreOptions options, ILogger<StoreHost> logger) : IHostedLifecycleService
{
    private SqliteCheckpointStore? store;

    public SqliteCheckpointStore Store => store ?? throw new InvalidOperationException("The store opens when the server starts.");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        store = await SqliteCheckpointStore.OpenAsync(options, cancellationToken);
        ApiLog.Opened(logger, options.DataFolder);
        if (store.IsReadOnly)
        {
            ApiLog.OpenedReadOnly(logger, options.DataFolder);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (store is not null)
        {
            await store.DisposeAsync();
            ApiLog.Closed(logger);
        }
    }
}
