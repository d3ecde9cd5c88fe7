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
    // The store is closed and opened again after this many operations, and backed up in between.
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

/// <summary>A loss of power: when, and what survives it.</summary>
/// <param name="Number">The number of the state.</param>
/// <param name="Calls">How many recorded calls were done.</param>
/// <param name="Seed">The seed of what survives.</param>
/// <param name="HasStaleIndex">Whether the index of the log, which processes share, holds anything.</param>
public sealed record PowerState(int Number, int Calls, int Seed, bool HasStaleIndex)
{
    /// <summary>Draws one: anywhere, right after something was said, or right before a sync.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="number">The number of the state.</param>
    /// <param name="events">The recorded calls.</param>
    public static PowerState Draw(int seed, int number, DiskEvent[] events)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        var calls = random.Next(events.Length);
        calls = random.Next(3) switch
        {
            0 => Mark(events, random) + 1,
            1 when Array.FindIndex(events, calls, call => call.Kind == DiskEventKind.Sync) is >= 0 and var sync => sync,
            _ => calls,
        };
        return new PowerState(number, calls, random.Next(), random.Next(8) == 0);
    }

    // Marks are few, writes many.
    private static int Mark(DiskEvent[] events, Random random)
    {
        var marks = Enumerable.Range(0, events.Length).Where(index => events[index].Kind == DiskEventKind.Mark).ToArray();
        return marks[random.Next(marks.Length)];
    }

    public SurvivalDraw ToDraw() => new(Seed);
}
