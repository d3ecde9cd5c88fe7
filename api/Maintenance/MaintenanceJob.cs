using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>A kind of round that the server runs in the background.</summary>
/// <param name="Name">The name of a round in the log.</param>
/// <param name="Setting">The setting of its interval, below <c>Maintenance</c>.</param>
/// <param name="Every">Its value; zero for never.</param>
/// <param name="Validate">Refuses an invalid budget.</param>
/// <param name="RunAsync">Runs one round and logs its result; returns damage that it found and has not logged.</param>
internal sealed record MaintenanceJob(
    string Name, string Setting, TimeSpan Every, Action Validate,
    Func<IMaintenance, CancellationToken, Task<IReadOnlyList<DamagedFrame>>> RunAsync)
{
    /// <summary>All jobs, in the order in which their settings are checked.</summary>
    public static MaintenanceJob[] All(FishSettings settings, FishMetrics metrics, ILogger logger) =>
    [
        Recode(settings.Maintenance, logger), Fold(settings, logger), Verify(settings.Maintenance, metrics, logger),
        Collect(settings, logger),
    ];

    private static MaintenanceJob Recode(FishSettings.MaintenanceSettings settings, ILogger logger)
    {
        var budget = new RecodeOptions { MaxBytes = settings.RecodeMaxBytes, MaxTime = settings.RecodeMaxTime };
        return new("recoding", nameof(settings.RecodeEvery), settings.RecodeEvery, () => budget.Validate(), async (store, stopping) =>
        {
            var result = await store.RecodeAsync(budget, stopping);
            if (result.Recoded + result.Kept > 0)
            {
                ApiLog.Recoded(logger, result.Recoded, result.Kept, result.BytesBefore, result.BytesAfter);
            }

            return result.Damaged;
        });
    }

    private static MaintenanceJob Fold(FishSettings all, ILogger logger)
    {
        var settings = all.Maintenance;
        var budget = new FoldOptions { MaxBytes = settings.FoldMaxBytes, MaxTime = settings.FoldMaxTime };

        // Also validates the limit of saves at startup.
        var limit = budget with { MaxReadCost = all.Chains.MaxReadCost };
        return new("folding", nameof(settings.FoldEvery), settings.FoldEvery, () => limit.Validate(), async (store, stopping) =>
        {
            var result = await store.FoldAsync(budget, stopping);
            if (result.Folded > 0)
            {
                ApiLog.Folded(logger, result.Folded, result.ReadAfter, result.ReadBefore, result.Growth);
            }

            return result.Damaged;
        });
    }

    private static MaintenanceJob Verify(FishSettings.MaintenanceSettings settings, FishMetrics metrics, ILogger logger)
    {
        var budget = new VerifyOptions { MaxBytes = settings.VerifyMaxBytes, MaxTime = settings.VerifyMaxTime };
        return new("verification", nameof(settings.VerifyEvery), settings.VerifyEvery, () => budget.Validate(), async (store, stopping) =>
        {
            var report = await store.VerifyAsync(budget, stopping);
            ApiLog.Verified(logger, report.Items, report.Bytes, report.Damaged.Count);
            foreach (var damaged in report.Damaged)
            {
                metrics.FoundByVerification();
                ApiLog.FoundDamage(logger, damaged.Key, damaged.AffectedCount, damaged.Problem);
            }

            return [];
        });
    }

    private static MaintenanceJob Collect(FishSettings all, ILogger logger)
    {
        var settings = all.Maintenance;
        var budget = new CollectOptions { MaxTime = settings.CollectMaxTime };
        return new("collection", nameof(settings.CollectEvery), settings.CollectEvery, Validate, async (store, stopping) =>
        {
            var result = await store.CollectAsync(budget, stopping);
            if (result.Deleted + result.Rebased > 0 || result.ReturnedBytes > 0)
            {
                ApiLog.Collected(logger, result.Deleted, result.Rebased, result.FreedBytes, result.ReturnedBytes);
            }

            return result.Damaged;
        });

        // Also validates the default retention at startup.
        void Validate()
        {
            budget.Validate();
            all.Retention.ToRetention()?.Validate();
        }
    }
}
