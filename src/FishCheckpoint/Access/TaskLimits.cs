using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>The tasks that a key is limited to: names, or prefixes that end in <c>*</c>.</summary>
internal static class TaskLimits
{
    /// <summary>The most limits of one key.</summary>
    public const int MaxCount = 100;

    /// <summary>Checks the limits of a new key.</summary>
    /// <param name="limits">The limits; <see langword="null"/> for none.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.RequestInvalid"/>: the list is empty or
    /// too long.</exception>
    public static void Check(IReadOnlyList<string>? limits)
    {
        if (limits is { Count: 0 or > MaxCount })
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "tasks", $"A key is limited to 1 to {MaxCount} tasks, not {limits.Count}.",
                "Omit the list for a key to all tasks.");
        }

        foreach (var limit in limits ?? [])
        {
            Names.Check(limit?.EndsWith('*') == true ? limit[..^1] : limit ?? "", "task, or a prefix that ends in *,");
        }
    }

    /// <summary>Whether a key with these limits gives access to a task.</summary>
    /// <param name="limits">The limits; <see langword="null"/> for none.</param>
    /// <param name="task">The task's name.</param>
    public static bool Reach(IReadOnlyList<string>? limits, string task) => limits is null || limits.Any(limit => Matches(limit, task));

    private static bool Matches(string limit, string task) =>
        limit.EndsWith('*') ? task.StartsWith(limit[..^1], StringComparison.Ordinal) : task == limit;
}
