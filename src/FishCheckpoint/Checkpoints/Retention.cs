using System.Text.Json.Serialization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What to keep of a task, and what counts as best. A checkpoint stays if any rule keeps it; without rules, all stay.</summary>
/// <param name="KeepLast">Keep the newest checkpoints, this many.</param>
/// <param name="KeepEvery">Keep the checkpoints whose step is a multiple of this.</param>
/// <param name="KeepBest">Keep the best checkpoints by <paramref name="Monitor"/>, this many.</param>
/// <param name="Monitor">The metric that <c>best</c> goes by.</param>
/// <param name="Mode"><c>min</c> or <c>max</c>: which values of the metric are better.</param>
/// <param name="KeepWithin">Keep what was saved in this time before now.</param>
public sealed record Retention(
    int? KeepLast = null, long? KeepEvery = null, int? KeepBest = null, string? Monitor = null, string Mode = "min",
    TimeSpan? KeepWithin = null)
{
    /// <summary>Whether there is a rule: whether anything may go.</summary>
    [JsonIgnore]
    public bool HasRules => KeepLast is not null || KeepEvery is not null || KeepBest is not null || KeepWithin is not null;

    /// <summary>Returns this retention, or refuses it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a rule keeps less than nothing, or the best of
    /// nothing.</exception>
    public Retention Validate() => this switch
    {
        { KeepLast: < 1 } => throw Refused("keepLast", $"{KeepLast} checkpoints", "Keep at least 1: the latest always stays."),
        { KeepEvery: < 1 } => throw Refused("keepEvery", $"every {KeepEvery} steps", "Keep every 1 or more steps."),
        { KeepBest: < 1 } => throw Refused("keepBest", $"{KeepBest} checkpoints", "Keep at least 1."),
        { KeepBest: not null, Monitor: null } => throw Refused("keepBest", "the best of no metric", "Name the metric: monitor."),
        { KeepWithin.Ticks: <= 0 } => throw Refused("keepWithin", $"{KeepWithin}", "Give more than nothing, as in 7.00:00:00 for a week."),
        { Mode: not ("min" or "max") } => throw Refused("mode", $"'{Mode}'", "Say min or max."),
        _ => this,
    };

    private static FishException Refused(string rule, string given, string hint) =>
        new(ErrorCode.RequestInvalid, $"retention.{rule}", $"A retention cannot be {given}.", hint);
}
