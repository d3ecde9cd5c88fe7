namespace FishCheckpoint.Checkpoints;

/// <summary>The target of a backup, and how to make it.</summary>
public sealed record BackupOptions
{
    /// <summary>For an embedded store: the folder, created if missing. For a server: a name inside the server's backup folder.</summary>
    public required string To { get; init; }

    /// <summary>
    /// Whether to hard-link base files instead of copying them if both folders are on one file system. A link takes no space, but damage
    /// then affects both. Default: no.
    /// </summary>
    public bool Link { get; init; }

    /// <summary>Whether to overwrite a backup of another store, or a non-empty backup of a store that is now empty. Default: no.</summary>
    public bool Replace { get; init; }

    /// <summary>How to verify the copy after it is written. Base files are always compared with their digests. Default: quick.</summary>
    public BackupVerification Verify { get; init; } = BackupVerification.Quick;
}

/// <summary>How to verify a backup. Lower case in JSON.</summary>
public enum BackupVerification
{
    /// <summary>The database is not verified.</summary>
    None,

    /// <summary>Checks the database's structure, page checksums and totals before the backup replaces an earlier one.</summary>
    Quick,

    /// <summary>As quick, then decodes everything. The report lists the damage.</summary>
    Full,
}

/// <summary>The result of a backup.</summary>
/// <param name="DatabaseBytes">Bytes of the database.</param>
/// <param name="Copied">The number of base files that were copied.</param>
/// <param name="Linked">The number of base files that were linked.</param>
/// <param name="Kept">The number of base files that were reused from an earlier backup.</param>
/// <param name="BaseBytes">Bytes of the copied files.</param>
/// <param name="Checkpoints">The number of checkpoints in the backup.</param>
/// <param name="Damaged">Base files that are damaged in the source. They are omitted unless an earlier backup has them intact.</param>
/// <param name="Bases">The number of bases in the backup.</param>
/// <param name="Tasks">The number of tasks in the backup.</param>
/// <param name="Bytes">Bytes of the whole backup.</param>
/// <param name="Taken">When the backup was taken.</param>
/// <param name="Verified">How the copy was verified.</param>
/// <param name="Store">The store's identity, 32 hexadecimal digits; backups and restored stores share it. <see langword="null"/> if an old
/// version made the restored backup; opening the folder assigns one.</param>
public sealed record BackupReport(
    long DatabaseBytes, long Copied, long Linked, long Kept, long BaseBytes, long Checkpoints, IReadOnlyList<DamagedFrame> Damaged,
    string? Store, long Bases, long Tasks, long Bytes, DateTimeOffset Taken, BackupVerification Verified);
