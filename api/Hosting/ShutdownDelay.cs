using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// Keeps listening for a while after a request to stop, so that load balancers that poll /readyz stop sending clients first.
/// </summary>
internal sealed class ShutdownDelay(FishSettings settings, TimeProvider time, ILogger<ShutdownDelay> logger) : IHostedLifecycleService
{
    private int asked;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref asked, 1) != 0)
        {
            return Task.CompletedTask;
        }

        ApiLog.Stopping(logger, settings.Shutdown.Delay, settings.Shutdown.Timeout);
        return settings.Shutdown.Delay > TimeSpan.Zero ? Task.Delay(settings.Shutdown.Delay, time, cancellationToken) : Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
