namespace FishCheckpoint.Durability.Power;

/// <summary>What survives of changes that were not synced.</summary>
public enum Survival
{
    None,
    All,

    /// <summary>The first few of them, in their order; the last of these may be torn.</summary>
    Beginning,

    /// <summary>Any of them, each in parts.</summary>
    Some,
}

/// <summary>What survives of created, moved and removed names whose folder was not synced.</summary>
public enum NameSurvival
{
    None,
    All,

    /// <summary>Each sync keeps all names until then, as a journal does, and then the first few more.</summary>
    Journal,

    /// <summary>Of each folder, the first few.</summary>
    BeginningOfFolder,

    /// <summary>Any of them.</summary>
    Some,
}

/// <summary>What makes a folder of another one.</summary>
public enum CopyKind
{
    /// <summary>Nothing: the store is worked on.</summary>
    None,

    /// <summary>A restore of a backup into a new folder.</summary>
    Restore,

    /// <summary>A restore of a backup in the place of a store.</summary>
    Replace,

    /// <summary>A repair into a new folder, of a store whose first page is damaged: nothing of it is lost.</summary>
    Repair,
}

/// <summary>Draws what a disk holds after a loss of power: each state by its own seed.</summary>
public sealed class SurvivalDraw
{
    private const int Block = 4096;
    private const int Sector = 512;

    private readonly Random random;
    private readonly Survival? ofAllFiles;
    private readonly double chance;

    /// <param name="seed">The seed.</param>
    public SurvivalDraw(int seed)
    {
        random = new Random(seed);
        PartSize = random.Next(4) == 0 ? Sector : Block;
        chance = random.Next(4) switch { 0 => 0.1, 1 => 0.9, _ => 0.5 };

        // Half of the disks treat all files alike.
        ofAllFiles = random.Next(8) is < 4 and var one ? (Survival)one : null;
        Names = (NameSurvival)random.Next(5);
        IsRenameOneStep = random.Next(4) > 0;
        SyncKeepsOwnName = random.Next(2) == 0;
    }

    /// <summary>Bytes of a part that is there or not as a whole.</summary>
    public int PartSize { get; }

    /// <summary>What survives of names that were not synced.</summary>
    public NameSurvival Names { get; }

    /// <summary>Whether a file that moves to another folder is never in both.</summary>
    public bool IsRenameOneStep { get; }

    /// <summary>Whether the sync of a file makes its own name durable.</summary>
    public bool SyncKeepsOwnName { get; }

    public int Next(int end) => random.Next(end);

    public bool Survives() => random.NextDouble() < chance;

    /// <summary>What survives of one file's changes.</summary>
    public Survival OfFile() => ofAllFiles ?? (Survival)random.Next(4);

    public override string ToString() =>
        $"parts of {PartSize} bytes, files {ofAllFiles?.ToString() ?? "each its own"}, names {Names}, "
        + $"moved files in {(IsRenameOneStep ? "one folder" : "both folders")}, own names {(SyncKeepsOwnName ? "" : "not ")}synced";
}
