using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Durability.Operations;

/// <summary>What a task's retention lets go, worked out from the words of its documentation and by none of the store's code.</summary>
internal static class ModelRetention
{
    /// <summary>The rules of a task that was put with a content; <see langword="null"/> for none.</summary>
    public static Retention? Of(int content) => content switch
    {
        0 or 1 => null,
        2 => new Retention(KeepLast: 8),
        3 => new Retention(KeepLast: 4, KeepEvery: 3),
        _ => new Retention(KeepLast: 3, KeepBest: 3, Monitor: "loss"),
    };

    /// <summary>The steps that no rule of a content keeps, ascending.</summary>
    /// <param name="content">The content.</param>
    /// <param name="steps">Of all steps of a task, ascending: the loss, and whether it is pinned or tagged.</param>
    public static long[] Unkept(int content, IReadOnlyList<(long Step, double Loss, bool IsHeld)> steps)
    {
        var free = content is 0 or 1 ? [] : steps.SkipLast(content switch { 2 => 8, 3 => 4, _ => 3 }).Where(step => !step.IsHeld).Select(step => step.Step);
        var best = steps.OrderBy(step => step.Loss).ThenByDescending(step => step.Step).Take(3).Select(step => step.Step).ToHashSet();
        return [.. free.Where(step => content switch { 2 => true, 3 => step % 3 != 0, _ => !best.Contains(step) })];
    }
}
