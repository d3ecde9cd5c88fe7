using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;

namespace FishCheckpoint.Durability.Power;

/// <summary>What is recorded.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">The first operation; those before it are done before the recording.</param>
/// <param name="End">The operation after the last.</param>
/// <param name="IsScript">Whether the operations are the script's; otherwise they are drawn.</param>
/// <param name="IsDense">Whether bases are compressed.</param>
/// <param name="IsOld">Whether the store was written by an earlier program.</param>
/// <param name="Grace">Whether what is deleted can be brought back.</param>
/// <param name="IsAgain">Whether the store is what a loss of power has left of the first work.</param>
/// <param name="Copy">What is recorded in the place of operations: a restore over a store comes after them.</param>
public sealed record PowerWork(
    string Name, int First, int End, bool IsScript = false, bool IsDense = false, bool IsOld = false, bool Grace = true,
    bool IsAgain = false, CopyKind Copy = CopyKind.None)
{
    // The store is closed and opened again after so many, and backed up in between.
    private const int BetweenOpenings = 9;
    private const int BetweenBackups = 6;

    public static IReadOnlyList<PowerWork> All { get; } =
    [
        new("script", 0, Script.Length, IsScript: true, IsDense: true),
        new("drawn", 0, 70),
        new("no-grace", 0, 60, IsDense: true, Grace: false),
        new("migration-2", 39, 54, IsOld: true),
        new("migration-5", 60, 78, IsOld: true),
        new("again", 100, 115, IsAgain: true),
        new("restore", 60, 60, Copy: CopyKind.Restore),
        new("restore-in-place", 60, 75, Copy: CopyKind.Replace),
        new("repair", 60, 60, Copy: CopyKind.Repair),
    ];

    public static bool Reopens(int number) => number % BetweenOpenings == BetweenOpenings - 1;

    public static bool BacksUp(int number) => number % BetweenBackups == BetweenBackups - 1;

    public int SeedOf(int seed) => IsScript ? Script.Seed : seed;

    /// <summary>The work of a child, in a data folder.</summary>
    public ChildArguments ToArguments(string folder, int seed) => new(folder, SeedOf(seed), First, End - First, IsDense, Grace: Grace);
}
