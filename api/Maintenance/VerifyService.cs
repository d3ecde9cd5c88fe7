using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Verifies in the background what was not verified for longest.</summary>
internal sealed class VerifyService(
    FishSettings settings, EngineOptions options, Func<IMaintenance> store, FishMetrics metrics, ILogger<VerifyService> logger)
    : RoundService(nameof(FishSettings.MaintenanceSettings.VerifyEvery), settings.Maintenance.VerifyEvery, "verification", options, logger)
{
    private VerifyOptions Budget => new() { MaxBytes = settings.Maintenance.VerifyMaxBytes, MaxTime = settings.Maintenance.VerifyMaxTime };

    protected override void CheckBudget() => _ = Budget.Validate();

    protected override async Task<IReadOnlyList<DamagedFrame>> RoundAsync(CancellationToken stopping)
    {
        var report = await store().VerifyAsync(Budget, stopping);
        ApiLog.Verified(logger, report.Items, report.Bytes, report.Damaged.Count);
        foreach (var damaged in report.Damaged)
        {
            metrics.FoundByVerification();
            ApiLog.FoundDamage(logger, damaged.Key, damaged.AffectedCount, damaged.Problem);
        }

        return [];
    }
}
