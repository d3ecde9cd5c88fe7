using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Reports;

/// <summary>Of what, when, and in what steps growth is asked for.</summary>
public sealed record GrowthRequest
{
    /// <summary>The most steps of a report.</summary>
    public const int MaxPoints = 1000;

    private const int FewPoints = 30;

    /// <summary>The task; <see langword="null"/> for all.</summary>
    public string? Task { get; init; }

    /// <summary>The base, by name or id; <see langword="null"/> for all. Not with a task, which has its own.</summary>
    public string? Base { get; init; }

    /// <summary>The first day. Default: 30 steps before the last.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day, included. Default: today.</summary>
    public DateOnly? To { get; init; }

    /// <summary>The steps. Default: days.</summary>
    public GrowthBucket Bucket { get; init; } = GrowthBucket.Day;

    /// <summary>The first days of the steps, the first one whole, the last one as far as <see cref="To"/>.</summary>
    /// <param name="today">What <see cref="To"/> is where it is left out.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: they would be none, or more than 1000, or of a task and a
    /// base.</exception>
    public IReadOnlyList<DateOnly> Steps(DateOnly today)
    {
        if (Task is not null && Base is not null)
        {
            throw Refuse("base", "Growth is of a task or of a base, not of both.", "Leave one out.");
        }

        var last = StartOf(To ?? today);
        var first = From is { } from ? StartOf(from) : Earlier(last);
        if (first > last)
        {
            throw Refuse("from", $"The first day, {From:yyyy-MM-dd}, comes after the last, {To ?? today:yyyy-MM-dd}.", "Exchange them.");
        }

        var steps = new List<DateOnly> { first };
        while (steps[^1] < last && steps.Count <= MaxPoints)
        {
            steps.Add(Next(steps[^1]));
        }

        return steps.Count <= MaxPoints ? steps
            : throw Refuse("bucket", $"From {first:yyyy-MM-dd} to {last:yyyy-MM-dd} there are more than {MaxPoints} steps.",
                "Ask for longer steps, or for fewer.");
    }

    /// <summary>The same, with the task's name checked.</summary>
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

    // Before the first day there is, no step begins.
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
