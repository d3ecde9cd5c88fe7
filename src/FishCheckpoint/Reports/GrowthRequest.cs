using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Reports;

/// <summary>The scope, period and interval of a growth report.</summary>
public sealed record GrowthRequest
{
    /// <summary>The most intervals in a report.</summary>
    public const int MaxPoints = 1000;

    private const int FewPoints = 30;

    /// <summary>The task; <see langword="null"/> for all.</summary>
    public string? Task { get; init; }

    /// <summary>The base, by name or id; <see langword="null"/> for all. Cannot be combined with a task.</summary>
    public string? Base { get; init; }

    /// <summary>The first day. Default: 30 intervals before the last.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day, included. Default: today.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The interval. Default: days.</summary>
    public GrowthBucket Bucket { get; init; } = GrowthBucket.Day;

    /// <summary>The first day of each interval. The first interval is complete; the last one ends at <see cref="To"/>.</summary>
    /// <param name="today">The default of <see cref="To"/>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: there are no intervals or more than 1000, or both a task and
    /// a base are given.</exception>
    public IReadOnlyList<DateOnly> Steps(DateOnly today)
    {
        if (Task is not null && Base is not null)
        {
            throw Refuse("base", "The request has both a task and a base.", "Omit one.");
        }

        var last = StartOf(To ?? today);
        var first = From is { } from ? StartOf(from) : Earlier(last);
        if (first > last)
        {
            throw Refuse("from", $"The first day, {From:yyyy-MM-dd}, comes after the last, {To ?? today:yyyy-MM-dd}.", "Swap them.");
        }

        var steps = new List<DateOnly> { first };
        while (steps[^1] < last && steps.Count <= MaxPoints)
        {
            steps.Add(Next(steps[^1]));
        }

        return steps.Count <= MaxPoints ? steps
            : throw Refuse("bucket", $"From {first:yyyy-MM-dd} to {last:yyyy-MM-dd} there are more than {MaxPoints} intervals.",
                "Choose a longer interval or a shorter period.");
    }

    /// <summary>Returns this request, or throws if the task's name is invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public GrowthRequest Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return this;
    }

    private DateOnly StartOf(DateOnly day) => Bucket switch
    {
        GrowthBucket.Week => day.AddDays(-Math.Min(day.DayNumber, ((int)day.DayOfWeek + 6) % 7)),
        GrowthBucket.Month => new DateOnly(day.Year, day.Month, 1),
        _ => day,
    };

    // The calendar ends at the first day that DateOnly can represent.
    private DateOnly Earlier(DateOnly step) => Bucket switch
    {
        GrowthBucket.Week => step.AddDays(-7 * Math.Min(step.DayNumber / 7, FewPoints - 1)),
        GrowthBucket.Month => step.AddMonths(-Math.Min(((step.Year - 1) * 12) + step.Month - 1, FewPoints - 1)),
        _ => step.AddDays(-Math.Min(step.DayNumber, FewPoints - 1)),
    };

    private DateOnly Next(DateOnly step) => Bucket switch
    {
        GrowthBucket.Week => step.AddDays(7),
        GrowthBucket.Month => step.AddMonths(1),
        _ => step.AddDays(1),
    };

    private static FishException Refuse(string key, string cause, string hint) => new(ErrorCode.RequestInvalid, key, cause, hint);
}
