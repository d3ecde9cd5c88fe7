using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Durability.Operations;

/// <summary>What a task's retention lets go, worked out from the words of its documentation and by none of the store's code.</summary>
internal static class ModelRetention
{
    /// <summary>The rules of a store, for tasks that have none: what is best by them, only a task says that names a metric.</summary>
    public static Retention OfStore { get; } = new(KeepLast: 6, KeepBest: 2, Monitor: "accuracy");

    /// <summary>The rules of a task that was put with a content; <see langword="null"/> for none.</summary>
    public static Retention? Of(int content) => content switch
    {
        0 => null,
        1 => new Retention(Monitor: "loss", Mode: "max"),
        2 => new Retention(KeepLast: 8),
        3 => new Retention(KeepLast: 4, KeepEvery: 3),
        _ => new Retention(KeepLast: 3, KeepBest: 3, Monitor: "loss"),
    };

    /// <summary>The steps that no rule of a content keeps, ascending.</summary>
    /// <param name="content">The content.</param>
    /// <param name="steps">Of all steps of a task, ascending: the loss, and whether it is pinned or tagged.</param>
    public static long[] Unkept(int content, IReadOnlyList<(long Step, double Loss, bool IsHeld)> steps)
    {
        var free = steps.SkipLast(content switch { 0 or 1 => 6, 2 => 8, 3 => 4, _ => 3 }).Where(step => !step.IsHeld).Select(step => step.Step);
        var best = (content switch { 1 => steps.OrderByDescending(step => step.Loss), _ => steps.OrderBy(step => step.Loss) })
            .ThenByDescending(step => step.Step).Take(content switch { 0 or 2 or 3 => 0, 1 => 2, _ => 3 }).Select(step => step.Step).ToHashSet();
        return [.. free.Where(step => !best.Contains(step) && (content != 3 || step % 3 != 0))];
    }
}
