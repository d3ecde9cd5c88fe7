using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Runs the maintenance jobs in the background, each on its own timer with the configured interval.</summary>
internal sealed class MaintenanceService(
    FishSettings settings, TimeProvider time, Func<IMaintenance> store, FishMetrics metrics, ILogger<MaintenanceService> logger)
    : BackgroundService
{
    // The longest interval of a timer.
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(49);

    private readonly MaintenanceJob[] jobs = MaintenanceJob.All(settings, metrics, logger);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            if (job.Every < TimeSpan.Zero || job.Every > MaxInterval)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:{job.Setting}",
                    $"{job.Every} is not a valid interval.", $"Give a time up to {MaxInterval}, or 00:00:00 for none.");
            }

            job.Validate();
        }

        return base.StartAsync(cancellationToken);
    }

    // Reports the first failed job to the host at once, whatever the others do.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = jobs.Where(job => job.Every > TimeSpan.Zero).Select(job => RepeatAsync(job, stoppingToken));
        await foreach (var ended in Task.WhenEach(running))
        {
            await ended;
        }
    }

    private async Task RepeatAsync(MaintenanceJob job, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(job.Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping) && await RunAsync(job, stopping))
            {
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops, or did not start: not a failure to report.
        }
    }

    // Whether to run further rounds: a read-only store has none.
    private async Task<bool> RunAsync(MaintenanceJob job, CancellationToken stopping)
    {
        try
        {
            foreach (var damaged in await job.RunAsync(store(), stopping))
            {
                ApiLog.FoundDamaged(logger, damaged.Key, damaged.Problem);
            }
        }
        catch (FishException error)
        {
            ApiLog.RoundEnded(logger, job.Name, error);
            return error.Code != ErrorCode.StoreReadOnly;
        }

        return true;
    }
}
