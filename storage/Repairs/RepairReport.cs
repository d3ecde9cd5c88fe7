using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>What is repaired, and with what.</summary>
public sealed record RepairOptions
{
    /// <summary>The damaged data folder. It is only read. Nobody may have it open for writing meanwhile.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The new data folder: missing or empty, or one where a repair was broken off.</summary>
    public required string To { get; init; }

    /// <summary>Files of bases, whole, from wherever they came from; each takes the place of damaged ones with its digest.</summary>
    public IReadOnlyList<string> Bases { get; init; } = [];

    /// <summary>
    /// Whether bases that are damaged, and for which there is no whole file, are left out with every checkpoint on them. Default: no; the
    /// repair is refused then, for a base can mostly be had again.
    /// </summary>
    public bool DropDamagedBases { get; init; }

    /// <summary>Told how far it is: of copying what is there, and then of verifying what was made of it, once or more. Default:
    /// nobody.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

/// <summary>What a repair did.</summary>
/// <param name="Checkpoints">Checkpoints that the new folder holds; all of them verified.</param>
/// <param name="Lost">Checkpoints that it does not hold any more, as far as they can be told.</param>
/// <param name="Rebuilt">What was rebuilt, as sentences.</param>
/// <param name="Quarantined">What was damaged and could not be rebuilt.</param>
public sealed record RepairReport(long Checkpoints, long Lost, IReadOnlyList<string> Rebuilt, IReadOnlyList<QuarantinedItem> Quarantined);

/// <summary>Something damaged that is not in the new folder.</summary>
/// <param name="Key">What it is, as a verification calls it.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Affected">The checkpoints that went with it, as TASK/STEP.</param>
/// <param name="Files">What is left of it and of them, in the folder <c>quarantine</c>.</param>
public sealed record QuarantinedItem(string Key, string Problem, IReadOnlyList<string> Affected, IReadOnlyList<string> Files);
