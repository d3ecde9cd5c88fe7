namespace FishCheckpoint.Checkpoints;

/// <summary>Decides which checkpoints of a task a <see cref="Retention"/> lets go. Pure: it deletes nothing.</summary>
public static class RetentionPlan
{
    /// <summary>The steps that no rule keeps, ascending.</summary>
    /// <param name="steps">All checkpoints: the step, and the value of the monitored metric where it has one.</param>
    /// <param name="retention">The rules; without any of the three nothing goes.</param>
    /// <remarks>The latest step and, with a monitored metric, the best one are always kept. Of equal values the later step is the better.</remarks>
    public static IReadOnlyList<long> Removable(IReadOnlyCollection<KeyValuePair<long, double?>> steps, Retention retention)
    {
        if (retention is { KeepLast: null, KeepEvery: null, KeepBest: null } || steps.Count == 0)
        {
            return [];
        }

        var kept = steps.Select(pair => pair.Key).OrderDescending().Take(Math.Max(1, retention.KeepLast ?? 1)).ToHashSet();
        if (retention.Monitor is not null)
        {
            kept.UnionWith(Ranked(steps, retention.Mode).Take(Math.Max(1, retention.KeepBest ?? 1)));
        }

        return [.. steps.Select(pair => pair.Key).Where(step => !kept.Contains(step) && !(retention.KeepEvery is { } every && step % every == 0)).Order()];
    }

    private static IEnumerable<long> Ranked(IEnumerable<KeyValuePair<long, double?>> steps, string mode)
    {
        var measured = steps.Where(pair => pair.Value is { } value && !double.IsNaN(value));
        return (mode == "max" ? measured.OrderByDescending(pair => pair.Value) : measured.OrderBy(pair => pair.Value))
            .ThenByDescending(pair => pair.Key).Select(pair => pair.Key);
    }
}
