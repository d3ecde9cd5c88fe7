using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>Folds in the background.</summary>
internal sealed class FoldService(FishSettings settings, EngineOptions options, Func<IMaintenance> store, ILogger<FoldService> logger)
    : RoundService(nameof(FishSettings.MaintenanceSettings.FoldEvery), settings.Maintenance.FoldEvery, "folding", options, logger)
{
    private FoldOptions Budget => new() { MaxBytes = settings.Maintenance.FoldMaxBytes, MaxTime = settings.Maintenance.FoldMaxTime };

    // What saves are held to is refused at the start too.
    protected override void CheckBudget() => _ = (Budget with { MaxReadCost = settings.Chains.MaxReadCost }).Validate();

    protected override async Task<IReadOnlyList<DamagedFrame>> RoundAsync(CancellationToken stopping)
    {
        var result = await store().FoldAsync(Budget, stopping);
        if (result.Folded > 0)
        {
            ApiLog.Folded(logger, result.Folded, result.ReadAfter, result.ReadBefore, result.Growth);
        }

        return result.Damaged;
    }
}
