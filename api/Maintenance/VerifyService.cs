using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Verifies in the background, one round every so often, where the settings ask for it.</summary>
internal sealed class VerifyService(FishSettings settings, StoreOptions options, Func<IStoreVerification> store, ILogger<VerifyService> logger) : BackgroundService
{
    // What a timer can be set to.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private readonly FishSettings.MaintenanceSettings maintenance = settings.Maintenance;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (maintenance.VerifyEvery < TimeSpan.Zero || maintenance.VerifyEvery > Longest)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"{FishSettings.Section}:Maintenance:VerifyEvery", $"{maintenance.VerifyEvery} is no time between rounds.",
                $"Give a time up to {Longest}, or 00:00:00 for none.");
        }

        _ = Budget.Checked();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (maintenance.VerifyEvery == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(maintenance.VerifyEvery, options.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await VerifyAsync(stoppingToken);
        }
    }

    private VerifyOptions Budget => new() { MaxBytes = maintenance.VerifyMaxBytes, MaxTime = maintenance.VerifyMaxTime };

    private async Task VerifyAsync(CancellationToken stopping)
    {
        try
        {
            var report = await store().VerifyStoreAsync(Budget, stopping);
            ApiLog.Verified(logger, report.Items, report.Bytes, report.Damaged.Count);
            foreach (var damaged in report.Damaged)
            {
                ApiLog.FoundDamage(logger, damaged.Key, damaged.AffectedCount, damaged.Problem);
            }
        }
        catch (FishException error)
        {
            ApiLog.NotVerified(logger, error);
        }
    }
}
