using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Backups;

/// <summary>What to restore, and where.</summary>
public sealed record RestoreOptions
{
    /// <summary>The backup, or any data folder that is not in use. It is not changed.</summary>
    public required string Backup { get; init; }

    /// <summary>The new data folder: missing, empty, or from an interrupted restore.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Whether to replace a store in the folder, which no process may have open. It is removed after the new store is whole and verified.
    /// Default: <see langword="false"/>, which refuses such a folder.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>
    /// Reads the whole new folder and returns whether it is undamaged, before it replaces a store. Default: none; the database's structure
    /// and checksums and the files of bases are verified anyway.
    /// </summary>
    public Func<string, CancellationToken, Task<bool>>? Verify { get; init; }

    /// <summary>Receives the progress. Default: none.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
