using System.Diagnostics.Metrics;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Api.Telemetry;

/// <summary>The contents of the store, from its running totals at each collection of metrics; absent if the store cannot be read.</summary>
internal sealed class StoreGauges(IMeterFactory meters, Func<CheckpointStore> store, TimeProvider time) : IHostedService
{
    // One collection reads every gauge: they share one report.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private StorageReport? report;
    private DateTimeOffset read = DateTimeOffset.MinValue;

    // Verification times are stored per item; finding the latest scans them.
    private static readonly TimeSpan FreshVerification = TimeSpan.FromMinutes(1);

    private (int Damaged, DateTimeOffset? Verified)? verification;
    private DateTimeOffset verificationRead = DateTimeOffset.MinValue;
    private DateTimeOffset verifiedRead = DateTimeOffset.MinValue;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(FishMetrics.MeterName);
        Observe(meter, "fish.store.checkpoints", "{checkpoint}", "Number of checkpoints.", whole => [new(whole.Checkpoints)]);
        Observe(meter, "fish.store.values", "{value}", "Values of all checkpoints.", whole => [new(whole.Changed)]);
        Observe(meter, "fish.store.logical", "By", "Bytes of all checkpoints as full model files.", whole => [new(whole.LogicalBytes)]);
        Observe(meter, "fish.store.stored", "By", "Stored bytes of all checkpoints, by kind.", whole =>
            [Of(whole.Stored.Positions, "kind", "positions"), Of(whole.Stored.Values, "kind", "values"),
                Of(whole.Stored.TrainerState, "kind", "state")]);
        Observe(meter, "fish.store.disk", "By", "Bytes on disk, by use.", whole => whole.Disk is { } disk
            ? [Of(disk.Bases, "part", "bases"), Of(disk.Database, "part", "database"), Of(disk.Wal, "part", "wal")] : []);
        Observe(meter, "fish.store.reclaimable", "By",
            "Reclaimable bytes of the database: unused pages, and deleted checkpoints; those in their grace period separately.", whole =>
            whole.Disk is { } disk
                ? [Of(disk.FreePages, "part", "free_pages"), Of(disk.Reclaimable, "part", "deleted"), Of(disk.Grace, "part", "grace")]
                : []);
        meter.CreateObservableGauge(
            "fish.store.ratio", () => Report() is { } whole
                ? [new Measurement<double>(whole.Ratio)] : Array.Empty<Measurement<double>>(), null,
            "Ratio of full to stored bytes of all models, without trainer states and bases.");
        meter.CreateObservableGauge(
            "fish.store.chain_depth",
            () => Report() is { } whole
                ? [Depth(whole.Chains.MeanDepth, "mean"), Depth(whole.Chains.MaxDepth, "max")] : Array.Empty<Measurement<double>>(),
            "{delta}", "Deltas between checkpoints and their bases.");
        meter.CreateObservableGauge(
            "fish.store.damaged", () => Verification() is { } known
                ? [new Measurement<long>(known.Damaged)] : Array.Empty<Measurement<long>>(),
            "{item}", "Stored items with known damage.");
        meter.CreateObservableGauge(
            "fish.store.verified.timestamp",
            () => Verification()?.Verified is { } last
                ? [new Measurement<double>(last.ToUnixTimeMilliseconds() / 1e3)] : Array.Empty<Measurement<double>>(),
            "s", "Time of the last full verification, in seconds since 1970; absent if there was none.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Measurement<long> Of(long value, string key, string name) => new(value, KeyValuePair.Create<string, object?>(key, name));

    private static Measurement<double> Depth(double value, string of) => new(value, KeyValuePair.Create<string, object?>("of", of));

    private void Observe(Meter meter, string name, string unit, string description,
        Func<StorageReport, IEnumerable<Measurement<long>>> values) =>
        meter.CreateObservableGauge(name, () => Report() is { } whole ? values(whole) : [], unit, description);

    // Collections run one at a time, and a report takes some milliseconds at any size.
    private StorageReport? Report()
    {
        lock (meters)
        {
            if (time.GetUtcNow() - read < Fresh)
            {
                return report;
            }

            read = time.GetUtcNow();
            try
            {
                report = store().Reports.GetStorageAsync().GetAwaiter().GetResult();
            }
            catch (FishException)
            {
                // Readiness reports the reason; an unknown gauge is left out.
                report = null;
            }

            return report;
        }
    }

    private (int Damaged, DateTimeOffset? Verified)? Verification()
    {
        lock (meters)
        {
            var now = time.GetUtcNow();
            if (now - verificationRead < Fresh)
            {
                return verification;
            }

            try
            {
                var last = verification is null || now - verifiedRead >= FreshVerification
                    ? LastVerified(now) : verification.Value.Verified;
                verification = (store().Maintenance.ListDamageAsync().GetAwaiter().GetResult().Count, last);
            }
            catch (FishException)
            {
                verification = null;
            }

            verificationRead = now;
            return verification;
        }
    }

    private DateTimeOffset? LastVerified(DateTimeOffset now)
    {
        verifiedRead = now;
        return store().LastVerifiedAsync().GetAwaiter().GetResult();
    }
}
