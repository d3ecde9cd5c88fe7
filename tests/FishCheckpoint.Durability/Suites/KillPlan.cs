using FishCheckpoint.Durability.Operations;

namespace FishCheckpoint.Durability.Suites;

/// <summary>When a child is killed.</summary>
/// <param name="Word">What it has to be doing.</param>
/// <param name="Occurrence">The how many-th time.</param>
/// <param name="Milliseconds">How long after that.</param>
/// <param name="Migrates">Whether it begins with a store of an earlier program.</param>
public sealed record KillPlan(string Word, int Occurrence, double Milliseconds, bool Migrates = false)
{
    /// <summary>Draws one.</summary>
    /// <param name="random">Where from.</param>
    /// <param name="isBegun">Whether the store has something to migrate.</param>
    public static KillPlan Draw(Random random, bool isBegun) => random.Next(18) switch
    {
        // From the start of the process on: before, while and after it opens.
        0 => new KillPlan("starting", 1, random.Next(0, 600)),
        1 => new KillPlan("opening", 1, random.NextDouble() * 60),
        2 when isBegun => new KillPlan("opening", 1, random.NextDouble() * 150, Migrates: true),
        3 => new KillPlan(nameof(OperationKind.Recode), 1, random.NextDouble() * 30),
        4 => new KillPlan(nameof(OperationKind.AddBase), random.Next(1, 4), random.NextDouble() * 20),
        5 => new KillPlan(nameof(OperationKind.DeleteCheckpoint), random.Next(1, 4), random.NextDouble() * 8),
        6 => new KillPlan(nameof(OperationKind.SaveMasked), random.Next(1, 8), random.NextDouble() * 20),
        7 or 8 => new KillPlan(nameof(OperationKind.Fold), 1, random.NextDouble() * 40),
        9 or 10 => new KillPlan(nameof(OperationKind.Collect), 1, random.NextDouble() * 40),
        11 => new KillPlan(nameof(OperationKind.DeleteTask), 1, random.NextDouble() * 8),
        12 => new KillPlan(nameof(OperationKind.Undelete), random.Next(1, 4), random.NextDouble() * 8),
        13 => new KillPlan(nameof(OperationKind.UndeleteTask), 1, random.NextDouble() * 8),
        14 => new KillPlan(nameof(OperationKind.RemoveBase), 1, random.NextDouble() * 20),
        15 => new KillPlan(nameof(OperationKind.Collect), random.Next(1, 4), random.NextDouble() * 15),
        _ => new KillPlan("idle", random.Next(2, 16), random.NextDouble() * 25),
    };
}
