using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Runs the jobs of maintenance in the background, each on a timer of its own, as often as the settings ask for it.</summary>
internal sealed class MaintenanceService(
    FishSettings settings, TimeProvider time, Func<IMaintenance> store, FishMetrics metrics, ILogger<MaintenanceService> logger)
    : BackgroundService
{
    // What a timer can be set to.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private readonly MaintenanceJob[] jobs = MaintenanceJob.All(settings, metrics, logger);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            if (job.Every < TimeSpan.Zero || job.Every > Longest)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:{job.Setting}",
                    $"{job.Every} is no time between rounds.", $"Give a time up to {Longest}, or 00:00:00 for none.");
            }

            job.Validate();
        }

        return base.StartAsync(cancellationToken);
    }

    // The host learns of a job that fails at once, whatever the others do.
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
            // The server stops, or did not start: no failure that the host should report.
        }
    }

    // Whether there are to be further rounds: a store that can only be read has none.
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
