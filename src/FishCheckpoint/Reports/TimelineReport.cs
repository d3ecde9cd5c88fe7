using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Reports;

/// <summary>A task's checkpoints by step, thinned out if there are many.</summary>
/// <param name="Task">The task.</param>
/// <param name="Checkpoints">The number of checkpoints in the task.</param>
/// <param name="Stride">The least distance between two points, in steps; 1 if every checkpoint of the range is included.</param>
/// <param name="Points">Checkpoints by step, always including the last one of the range.</param>
/// <param name="Metrics">The extremes of each metric over all checkpoints of the task: at most 64, by name.</param>
public sealed record TimelineReport(string Task, long Checkpoints, long Stride, IReadOnlyList<TimelinePoint> Points,
    IReadOnlyList<MetricRange> Metrics);

/// <summary>One checkpoint of a timeline.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="Changed">Positions of its delta.</param>
/// <param name="StoredBytes">Stored bytes that it added.</param>
/// <param name="Depth">Deltas between the base and it.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Metrics">The trainer's metrics.</param>
public sealed record TimelinePoint(
    long Step, DateTimeOffset Created, long Changed, long StoredBytes, int Depth, IReadOnlyList<string> Tags, IReadOnlyDictionary<string,
    double> Metrics);

/// <summary>The extremes of a metric. For equal values, the latest step counts.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Min">The least value.</param>
/// <param name="MinStep">Its step.</param>
/// <param name="Max">The greatest value.</param>
/// <param name="MaxStep">Its step.</param>
public sealed record MetricRange(string Name, double Min, long MinStep, double Max, long MaxStep);

/// <summary>The range and resolution of a timeline.</summary>
public sealed record TimelineRequest
{
    /// <summary>The most points in a report.</summary>
    public const int MaxPoints = 1000;

    /// <summary>The most points, 2 to 1000. Default: 500.</summary>
    public int Points { get; init; } = 500;

    /// <summary>The first step. Default: the task's first.</summary>
    public long? From { get; init; }

    /// <summary>The last step, included. Default: the task's latest.</summary>
    public long? To { get; init; }

    /// <summary>Returns this request, or throws if it is invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.StepInvalid"/>.</exception>
    public TimelineRequest Validate()
    {
        _ = (StepRef.At(From ?? 0), StepRef.At(To ?? 0));
        return Points is < 2 or > MaxPoints
            ? throw Refuse("points", $"A timeline has 2 to {MaxPoints} points, not {Points}.",
                "Ask for fewer points or a part of the steps.")
            : From > To ? throw Refuse("from", $"The first step, {From}, comes after the last, {To}.", "Swap them.") : this;
    }

    private static FishException Refuse(string key, string cause, string hint) => new(ErrorCode.RequestInvalid, key, cause, hint);
}
