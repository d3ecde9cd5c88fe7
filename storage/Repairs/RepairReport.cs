using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>What to repair, and where.</summary>
public sealed record RepairOptions
{
    /// <summary>The damaged data folder. It is only read; no process may have it open for writing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The new data folder: missing, empty, or from an interrupted repair.</summary>
    public required string To { get; init; }

    /// <summary>Whole files of bases, from any source. Each replaces damaged files with the same digest.</summary>
    public IReadOnlyList<string> Bases { get; init; } = [];

    /// <summary>
    /// Whether to drop damaged bases without a whole file, with every checkpoint on them. Default: <see langword="false"/>, which refuses
    /// the repair, because most bases can be downloaded again.
    /// </summary>
    public bool DropDamagedBases { get; init; }

    /// <summary>Receives the progress: first of copying, then of one or more verifications. Default: none.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

/// <summary>The result of a repair.</summary>
/// <param name="Checkpoints">The number of checkpoints in the new folder, all verified.</param>
/// <param name="Lost">The number of lost checkpoints, as far as known.</param>
/// <param name="Rebuilt">What was rebuilt, in sentences.</param>
/// <param name="Quarantined">What was damaged and could not be rebuilt.</param>
public sealed record RepairReport(long Checkpoints, long Lost, IReadOnlyList<string> Rebuilt, IReadOnlyList<QuarantinedItem> Quarantined);

/// <summary>A damaged item that is not in the new folder.</summary>
/// <param name="Key">Its name, as in a verification.</param>
/// <param name="Problem">The problem.</param>
/// <param name="Affected">The checkpoints that were lost with it, as TASK/STEP.</param>
/// <param name="Files">The files with its remains in the folder <c>quarantine</c>.</param>
public sealed record QuarantinedItem(string Key, string Problem, IReadOnlyList<string> Affected, IReadOnlyList<string> Files);
