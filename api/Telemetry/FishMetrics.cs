using System.Diagnostics.Metrics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Telemetry;

/// <summary>The server's metrics of its own work; ASP.NET measures the duration of requests.</summary>
internal sealed class FishMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FishCheckpoint";

    private readonly Counter<long> saves;
    private readonly Histogram<double> saveDuration;
    private readonly Counter<long> changed;
    private readonly Counter<long> logical;
    private readonly Counter<long> stored;
    private readonly Histogram<double> ratio;
    private readonly Histogram<int> depth;
    private readonly Counter<long> refused;
    private readonly Counter<long> damage;

    public FishMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        saves = meter.CreateCounter<long>(
            "fish.saves", "{save}", "Completed saves, by whether they created a checkpoint or found it stored.");
        saveDuration = meter.CreateHistogram<double>("fish.save.duration", "s", "Time from the last byte received to the commit on disk.");
        changed = meter.CreateCounter<long>("fish.saved.values", "{value}", "Values of the created checkpoints.");
        logical = meter.CreateCounter<long>("fish.saved.logical", "By", "Bytes of the created checkpoints as full model files.");
        stored = meter.CreateCounter<long>("fish.saved.stored", "By", "Stored bytes of the created checkpoints.");
        ratio = meter.CreateHistogram<double>(
            "fish.save.ratio", null, "Ratio of full to stored bytes of each saved model, without its trainer state.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000] });
        depth = meter.CreateHistogram<int>("fish.save.chain_depth", "{delta}", "Deltas from the base to each created checkpoint.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        refused = meter.CreateCounter<long>("fish.refusals", "{request}", "Refused or failed requests, by code.");
        damage = meter.CreateCounter<long>(
            "fish.damage", "{finding}", "Damage found in stored data, by operation.");
    }

    /// <summary>Records a completed save.</summary>
    public void Saved(Saved<CheckpointInfo> saved, TimeSpan duration)
    {
        saves.Add(1, KeyValuePair.Create<string, object?>("outcome", saved.Created ? "created" : "same"));
        saveDuration.Record(duration.TotalSeconds);
        if (!saved.Created)
        {
            return;
        }

        changed.Add(saved.Value.Changed);
        logical.Add(saved.Value.LogicalBytes);
        stored.Add(saved.Value.StoredBytes);
        ratio.Record(saved.Value.LogicalBytes / Math.Max(1.0, saved.Value.StoredBytes - saved.Value.TrainerStateBytes));
        depth.Record(saved.Value.Depth);
    }

    /// <summary>Records a refused or failed request.</summary>
    public void Refused(string code) => refused.Add(1, KeyValuePair.Create<string, object?>("code", code));

    /// <summary>Records damage found by a verification.</summary>
    public void FoundByVerification() => damage.Add(1, KeyValuePair.Create<string, object?>("code", "VERIFICATION"));

    /// <summary>Records damage found by a request.</summary>
    /// <param name="code">The damage's code.</param>
    public void Damaged(ErrorCode code) => damage.Add(1, KeyValuePair.Create<string, object?>("code", ErrorCodes.NameOf(code)));
}
