using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Lets go in the background what nothing keeps.</summary>
internal sealed class CollectService(FishSettings settings, EngineOptions options, Func<IMaintenance> store, ILogger<CollectService> logger)
    : RoundService(nameof(FishSettings.MaintenanceSettings.CollectEvery), settings.Maintenance.CollectEvery, "collection", options, logger)
{
    private CollectOptions Budget => new() { MaxTime = settings.Maintenance.CollectMaxTime };

    // What the tasks are held to is refused at the start too.
    protected override void CheckBudget()
    {
        _ = Budget.Validate();
        _ = settings.Retention.ToRetention()?.Validate();
    }

    protected override async Task<IReadOnlyList<DamagedFrame>> RoundAsync(CancellationToken stopping)
    {
        var result = await store().CollectAsync(Budget, stopping);
        if (result.Deleted + result.Relaid > 0 || result.ReturnedBytes > 0)
        {
            ApiLog.Collected(logger, result.Deleted, result.Relaid, result.FreedBytes, result.ReturnedBytes);
        }

        return result.Damaged;
    }
}
