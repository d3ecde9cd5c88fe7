namespace FishCheckpoint.Checkpoints;

/// <summary>Where a backup goes.</summary>
public sealed record BackupOptions
{
    /// <summary>Of a store that is embedded: the folder, made if missing. Of a server: a name in the folder that its settings name for
    /// backups.</summary>
    public required string To { get; init; }

    /// <summary>
    /// Whether files of bases are linked instead of copied where both lie on one file system: that takes no room, but what damages the one
    /// damages the other. Default: no.
    /// </summary>
    public bool Link { get; init; }

    /// <summary>Whether a backup of another store, or one that is not empty while this store is, may be lost. Default: no.</summary>
    public bool Replace { get; init; }

    /// <summary>How the copy is verified once it is written. Files of bases are compared with their digests whatever this says. Default:
    /// quick.</summary>
    public BackupVerification Verify { get; init; } = BackupVerification.Quick;
}

/// <summary>How a backup is verified. Spelled in lower case in JSON.</summary>
public enum BackupVerification
{
    /// <summary>The database is not read.</summary>
    None,

    /// <summary>The database's structure, the checksums of its pages, and its totals, before it takes the place of an earlier
    /// one.</summary>
    Quick,

    /// <summary>As quick, and everything is decoded afterwards: what is damaged is in the report.</summary>
    Full,
}

/// <summary>What a backup copied.</summary>
/// <param name="DatabaseBytes">Bytes of the database.</param>
/// <param name="Copied">Files of bases that were copied.</param>
/// <param name="Linked">Files of bases that were linked.</param>
/// <param name="Kept">Files of bases that an earlier backup had already.</param>
/// <param name="BaseBytes">Bytes of the files that were copied.</param>
/// <param name="Checkpoints">Checkpoints that the backup holds.</param>
/// <param name="Damaged">Files of bases that are damaged where they were copied from. They are left out, unless an earlier backup has them
/// whole.</param>
/// <param name="Bases">Bases that it holds.</param>
/// <param name="Tasks">Tasks that it holds.</param>
/// <param name="Bytes">Bytes of all of it.</param>
/// <param name="Taken">When it was made.</param>
/// <param name="Verified">How the copy was verified.</param>
/// <param name="Store">The identity of the store that it is a copy of, 32 hexadecimal digits: that of the original, of every backup and of
/// what is restored. <see langword="null"/>: an earlier program has made the backup that was restored; opening the folder gives it
/// one.</param>
public sealed record BackupReport(
    long DatabaseBytes, long Copied, long Linked, long Kept, long BaseBytes, long Checkpoints, IReadOnlyList<DamagedFrame> Damaged,
    string? Store, long Bases, long Tasks, long Bytes, DateTimeOffset Taken, BackupVerification Verified);
