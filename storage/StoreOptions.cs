using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage;

/// <summary>Where a store lies and what it allows.</summary>
public sealed record StoreOptions : EngineOptions
{
    private static readonly string Owner = Guid.NewGuid().ToString("N");

    /// <summary>The folder of the database, the bases' files and temporary files; created if missing, unless
    /// <see cref="MustExist"/>.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Whether a folder that holds no store is refused (<see cref="Errors.ErrorCode.StoreNotFound"/>) instead of becoming one. Default: it
    /// becomes one.
    /// </summary>
    public bool MustExist { get; init; }

    /// <summary>
    /// Where this process's temporary files lie: on the data folder's own file system, so that they can be moved into place. What a process
    /// that was killed has left there goes when the folder is next opened. A store that can only be read has them in the system's temporary
    /// folder.
    /// </summary>
    public override string TemporaryFolder => Path.Combine(TemporaryRoot ?? Path.Combine(DataFolder, "tmp"), Owner);

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

    /// <summary>How many bytes the data folder's disk has free for this user, and in all.</summary>
    internal (long Free, long Total) DiskSpace() => Disk(DataFolder);

    /// <summary>Opens the bases of the data folder.</summary>
    internal BaseFolder OpenBases() => new(
        DataFolder, TemporaryFolder, new BaseLimits(Bases, MaxHeaderBytes, MaxUploadBytes), TemporaryRoot is not null, Time.GetUtcNow());
}
