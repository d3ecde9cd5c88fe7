using System.Globalization;

namespace FishCheckpoint.Checkpoints;

/// <summary>A checkpoint as input of a retention.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Metric">The value of the monitored metric, if it has one.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="Tag">One of its tags, if it has any.</param>
/// <param name="Pinned">Whether it is pinned.</param>
internal readonly record struct RetentionCandidate(long Step, double? Metric, DateTimeOffset Created, string? Tag = null,
    bool Pinned = false);

/// <summary>The decision for a checkpoint.</summary>
/// <param name="Step">Its step.</param>
/// <param name="KeptBy">The rule that keeps it; <see langword="null"/> to delete it.</param>
internal readonly record struct RetentionDecision(long Step, string? KeptBy);

/// <summary>Decides which checkpoints of a task a <see cref="Retention"/> deletes. Pure: it changes nothing.</summary>
internal static class RetentionPlan
{
    /// <summary>The decision for each checkpoint, by step.</summary>
    /// <param name="candidates">All checkpoints of the task.</param>
    /// <param name="retention">The rules; without rules, all checkpoints are kept.</param>
    /// <param name="now">The current time, for <see cref="Retention.KeepWithin"/>.</param>
    /// <remarks>These are always kept: the latest step, the best one by a monitored metric, and tagged or pinned ones. Of equal values, the
    /// later step is better.</remarks>
    public static IReadOnlyList<RetentionDecision> Decide(IReadOnlyCollection<RetentionCandidate> candidates, Retention retention,
        DateTimeOffset now)
    {
        var ordered = candidates.OrderBy(candidate => candidate.Step).ToArray();
        if (!retention.HasRules)
        {
            return [.. ordered.Select(candidate => new RetentionDecision(candidate.Step, "no rule"))];
        }

        var last = Math.Max(1, retention.KeepLast ?? 1);
        var best = BestOf(ordered, retention);
        return [.. ordered.Select((candidate, index) =>
            new RetentionDecision(candidate.Step, KeptBy(candidate, ordered.Length - index, last, best, retention, now)))];
    }

    /// <summary>A description of the rules, for checkpoints that none of them keeps.</summary>
    public static string Describe(Retention retention)
    {
        string?[] rules =
        [
            retention.KeepLast is { } last ? $"the last {last}" : "the latest",
            retention.KeepEvery is { } every ? $"every {every} steps" : null,
            retention.Monitor is { } monitor ? $"the best {Math.Max(1, retention.KeepBest ?? 1)} by {monitor}" : null,
            retention.KeepWithin is { } within ? $"the past {Text(within)}" : null,
            "tagged", "pinned",
        ];
        return $"none of: {string.Join(", ", rules.OfType<string>())}";
    }

    private static string? KeptBy(
        RetentionCandidate candidate, int fromTheEnd, int last, HashSet<long> best, Retention retention, DateTimeOffset now) =>
            candidate switch
    {
        { Pinned: true } => "pinned",
        { Tag: { } tag } => $"tag {tag}",
        _ when fromTheEnd <= last => last == 1 ? "latest" : $"last {last}",
        _ when best.Contains(candidate.Step) => $"best by {retention.Monitor}",
        _ when retention.KeepEvery is { } every && candidate.Step % every == 0 => $"every {every}",
        _ when retention.KeepWithin is { } within && now - candidate.Created < within => $"within {Text(within)}",
        _ => null,
    };

    private static HashSet<long> BestOf(RetentionCandidate[] candidates, Retention retention)
    {
        if (retention.Monitor is null)
        {
            return [];
        }

        var measured = candidates.Where(candidate => candidate.Metric is { } value && !double.IsNaN(value));
        return (retention.Mode == "max" ? measured.OrderByDescending(candidate => candidate.Metric)
            : measured.OrderBy(candidate => candidate.Metric))
            .ThenByDescending(candidate => candidate.Step).Take(Math.Max(1, retention.KeepBest ?? 1)).Select(candidate => candidate.Step)
                .ToHashSet();
    }

    private static string Text(TimeSpan time) => time.ToString("c", CultureInfo.InvariantCulture);
}
