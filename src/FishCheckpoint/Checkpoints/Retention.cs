using System.Text.Json.Serialization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The retention rules of a task, and the metric for the best checkpoint. A checkpoint is kept if any rule keeps it; without rules, all are
/// kept.
/// </summary>
/// <param name="KeepLast">Keeps this many newest checkpoints.</param>
/// <param name="KeepEvery">Keeps the checkpoints whose step is a multiple of this.</param>
/// <param name="KeepBest">Keeps this many best checkpoints by <paramref name="Monitor"/>.</param>
/// <param name="Monitor">The metric that determines the best checkpoint.</param>
/// <param name="Mode"><c>min</c> or <c>max</c>: which values are better.</param>
/// <param name="KeepWithin">Keeps the checkpoints that were saved within this time.</param>
public sealed record Retention(
    int? KeepLast = null, long? KeepEvery = null, int? KeepBest = null, string? Monitor = null, string Mode = "min",
    TimeSpan? KeepWithin = null)
{
    /// <summary>Whether there is a rule, so that checkpoints may be deleted.</summary>
    [JsonIgnore]
    public bool HasRules => KeepLast is not null || KeepEvery is not null || KeepBest is not null || KeepWithin is not null;

    /// <summary>Returns this retention, or throws if it is invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a rule keeps nothing, or keeps the best without a
    /// metric.</exception>
    public Retention Validate() => this switch
    {
        { KeepLast: < 1 } => throw Refused("keepLast", $"{KeepLast} checkpoints", "Keep at least 1; the latest is always kept."),
        { KeepEvery: < 1 } => throw Refused("keepEvery", $"every {KeepEvery} steps", "Use an interval of at least 1."),
        { KeepBest: < 1 } => throw Refused("keepBest", $"{KeepBest} checkpoints", "Keep at least 1."),
        { KeepBest: not null, Monitor: null } => throw Refused("keepBest", "the best without a metric", "Set the metric: monitor."),
        { KeepWithin.Ticks: <= 0 } => throw Refused("keepWithin", $"{KeepWithin}", "Give a positive time, such as 7.00:00:00 for a week."),
        { Mode: not ("min" or "max") } => throw Refused("mode", $"'{Mode}'", "Use min or max."),
        _ => this,
    };

    private static FishException Refused(string rule, string given, string hint) =>
        new(ErrorCode.RequestInvalid, $"retention.{rule}", $"A retention rule cannot be {given}.", hint);
}
