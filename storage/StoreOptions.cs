using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage;

/// <summary>Where a store lies and what it allows.</summary>
public sealed record StoreOptions
{
    private static readonly string Owner = Guid.NewGuid().ToString("N");

    /// <summary>The folder of the database, the bases' files and temporary files; created if missing, unless <see cref="MustExist"/>.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Whether a folder that holds no store is refused (<see cref="Errors.ErrorCode.StoreNotFound"/>) instead of becoming one. Default: it becomes one.
    /// </summary>
    public bool MustExist { get; init; }

    /// <summary>How deltas are encoded. Default: Zstandard, level 1.</summary>
    public CodecOptions Codec { get; init; } = new();

    /// <summary>How the files of bases that are added are kept. Default: as they were sent.</summary>
    public BaseCompression Bases { get; init; } = BaseCompression.None;

    /// <summary>The longest safetensors header taken, in bytes. Default: 100,000,000.</summary>
    public int MaxHeaderBytes { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>The longest file of a base taken, in bytes. Default: 1 TiB.</summary>
    public long MaxUploadBytes { get; init; } = 1L << 40;

    /// <summary>The longest trainer state taken, in bytes. Default: 64 GiB.</summary>
    public long MaxStateBytes { get; init; } = 1L << 36;

    /// <summary>
    /// The most that reading a checkpoint may cost, in bytes of base and frames: so many times what the base and one delta cost. A save that would cost more is laid on
    /// an earlier state of its chain. Default: 3.
    /// </summary>
    public double MaxReadCost { get; init; } = 3;

    /// <summary>The most deltas between a checkpoint and its base, whatever they cost: each holds one decoded chunk while it is read. Default: 128.</summary>
    public int MaxChainDepth { get; init; } = 128;

    /// <summary>Bytes of memory for parents' values at the positions of masks, so that saves with a fixed mask read nothing of the base. Default: 64 MiB.</summary>
    public long ParentCacheBytes { get; init; } = 1L << 26;

    /// <summary>The retention of tasks that have no rules of their own; what it says of a metric is left to the tasks. Default: everything is kept.</summary>
    public Retention? Retention { get; init; }

    /// <summary>
    /// How long what is deleted, by whomever, can be brought back; it takes its bytes until then. Zero: it goes at once. Default: 24 hours.
    /// </summary>
    public TimeSpan DeletionGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Bytes of the data folder's disk that are to stay free, or a quarter of the disk where that is less: a save that finds fewer first ends the grace of what was deleted
    /// first, until they are free or nothing is left that would help. Zero: no save does. Default: 256 MiB.
    /// </summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told how far verifications, backups, recoding, folding and collections are, while they go on, from whichever thread does them. Default: nobody.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Who is at work: asked for every write, within it. Default: the user who runs this program.</summary>
    public Func<Caller> Caller { get; init; } = static () => FishCheckpoint.Access.Caller.Local;

    /// <summary>How much of the audit log is kept. Default: 200,000 entries, and 20,000 of refusals, of the last 365 days.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>
    /// Where this process's temporary files lie: on the data folder's own file system, so that they can be moved into place. What a process that was killed has left
    /// there goes when the folder is next opened. A store that can only be read has them in the system's temporary folder.
    /// </summary>
    public string TemporaryFolder => Path.Combine(TemporaryRoot ?? Path.Combine(DataFolder, "tmp"), Owner);

    /// <summary>Told of every statement before it runs, with its connection.</summary>
    internal Action<CatalogConnection, string>? Trace { get; init; }

    /// <summary>Where temporary files lie if the data folder cannot be written.</summary>
    internal string? TemporaryRoot { get; init; }

    /// <summary>How many bytes a folder's disk has free for this user, and in all.</summary>
    internal Func<string, (long Free, long Total)> Disk { get; init; } = static folder =>
    {
        try
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It cannot be told, on a share perhaps; a full disk is then found by writing to it.
            return (long.MaxValue, 0);
        }
    };

    /// <summary>The grace of what is deleted now.</summary>
    internal Grace Grace => new(Time.GetUtcNow(), DeletionGrace);
}
