using System.Diagnostics.Metrics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Telemetry;

/// <summary>What the server counts of its own work; how long requests take is counted by ASP.NET.</summary>
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
            "fish.saves", "{save}", "Saves that were answered, by whether they made a checkpoint or found the same one there.");
        saveDuration = meter.CreateHistogram<double>("fish.save.duration", "s", "From the body's last byte to the checkpoint on disk.");
        changed = meter.CreateCounter<long>("fish.saved.values", "{value}", "Values of the checkpoints that were made.");
        logical = meter.CreateCounter<long>("fish.saved.logical", "By", "Bytes of the checkpoints that were made, as full model files.");
        stored = meter.CreateCounter<long>("fish.saved.stored", "By", "Bytes that the checkpoints that were made take.");
        ratio = meter.CreateHistogram<double>(
            "fish.save.ratio", null, "Full bytes to stored ones, of each model that was saved; its trainer state aside.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000] });
        depth = meter.CreateHistogram<int>("fish.save.chain_depth", "{delta}", "Deltas from the base, of each checkpoint that was made.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        refused = meter.CreateCounter<long>("fish.refusals", "{request}", "Requests that were refused or failed, by their code.");
        damage = meter.CreateCounter<long>(
            "fish.damage", "{finding}", "Times that something stored was found damaged, by what was asked for.");
    }

    /// <summary>A save was answered.</summary>
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

    /// <summary>A request was refused or failed.</summary>
    public void Refused(string code) => refused.Add(1, KeyValuePair.Create<string, object?>("code", code));

    /// <summary>A verification found something damaged.</summary>
    public void FoundByVerification() => damage.Add(1, KeyValuePair.Create<string, object?>("code", "VERIFICATION"));

    /// <summary>Something stored was found damaged by who asked for it.</summary>
    /// <param name="code">The damage's code.</param>
    public void Damaged(ErrorCode code) => damage.Add(1, KeyValuePair.Create<string, object?>("code", ErrorCodes.NameOf(code)));
}
