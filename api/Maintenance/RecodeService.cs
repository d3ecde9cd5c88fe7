using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Recodes in the background, one round every so often, where the settings ask for it.</summary>
internal sealed class RecodeService(FishSettings settings, StoreOptions options, Func<ICheckpointRecoding> store, ILogger<RecodeService> logger) : BackgroundService
{
    // What a timer can be set to.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private readonly FishSettings.MaintenanceSettings maintenance = settings.Maintenance;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (maintenance.RecodeEvery < TimeSpan.Zero || maintenance.RecodeEvery > Longest)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:RecodeEvery", $"{maintenance.RecodeEvery} is no time between rounds.",
                $"Give a time up to {Longest}, or 00:00:00 for none.");
        }

        _ = Budget.Checked();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (maintenance.RecodeEvery == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(maintenance.RecodeEvery, options.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RecodeAsync(stoppingToken);
        }
    }

    private RecodeOptions Budget => new() { MaxBytes = maintenance.RecodeMaxBytes, MaxTime = maintenance.RecodeMaxTime };

    private async Task RecodeAsync(CancellationToken stopping)
    {
        try
        {
            var result = await store().RecodeAsync(Budget, stopping);
            if (result.Recoded + result.Kept > 0)
            {
                ApiLog.Recoded(logger, result.Recoded, result.Kept, result.BytesBefore, result.BytesAfter);
            }

            foreach (var damaged in result.Damaged)
            {
                ApiLog.FoundDamaged(logger, damaged.Key, damaged.Problem);
            }
        }
        catch (FishException error)
        {
            ApiLog.NotRecoded(logger, error);
        }
    }
}
