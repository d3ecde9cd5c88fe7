using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Backups;

/// <summary>What is restored, and where to.</summary>
public sealed record RestoreOptions
{
    /// <summary>The backup, or any data folder that is not in use. It stays as it is.</summary>
    public required string Backup { get; init; }

    /// <summary>The new data folder: missing or empty, or one where a restore was broken off.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Whether a store in the folder, which nobody may have open, is replaced. It stays as it is until the new one is whole and verified,
    /// and is then removed. Default: it is refused.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>
    /// Reads all of the new folder and says whether it is sound, before it takes the place of a store that is there. Default: nobody does;
    /// the database's structure and checksums and the files of bases are compared all the same.
    /// </summary>
    public Func<string, CancellationToken, Task<bool>>? Verify { get; init; }

    /// <summary>Told how far it is. Default: nobody.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
