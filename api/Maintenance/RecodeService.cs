using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Recodes in the background.</summary>
internal sealed class RecodeService(FishSettings settings, EngineOptions options, Func<IMaintenance> store, ILogger<RecodeService> logger)
    : RoundService(nameof(FishSettings.MaintenanceSettings.RecodeEvery), settings.Maintenance.RecodeEvery, "recoding", options, logger)
{
    private RecodeOptions Budget => new() { MaxBytes = settings.Maintenance.RecodeMaxBytes, MaxTime = settings.Maintenance.RecodeMaxTime };

    protected override void CheckBudget() => _ = Budget.Validate();

    protected override async Task<IReadOnlyList<DamagedFrame>> RoundAsync(CancellationToken stopping)
    {
        var result = await store().RecodeAsync(Budget, stopping);
        if (result.Recoded + result.Kept > 0)
        {
            ApiLog.Recoded(logger, result.Recoded, result.Kept, result.BytesBefore, result.BytesAfter);
        }

        return result.Damaged;
    }
}
