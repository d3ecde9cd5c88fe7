using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage;

/// <summary>The folder and the options of a store.</summary>
public sealed record StoreOptions : EngineOptions
{
    private static readonly string Owner = Guid.NewGuid().ToString("N");

    /// <summary>The folder of the database, the bases' files and temporary files; created if missing, unless
    /// <see cref="MustExist"/>.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Whether a folder without a store is an error (<see cref="Errors.ErrorCode.StoreNotFound"/>) instead of becoming a new store.
    /// Default: <see langword="false"/>.
    /// </summary>
    public bool MustExist { get; init; }

    /// <summary>
    /// The folder for this process's temporary files, on the data folder's file system so that they can be moved into place. The next
    /// opening removes files of killed processes. A read-only store uses the system's temporary folder.
    /// </summary>
    public override string TemporaryFolder => Path.Combine(TemporaryRoot ?? Path.Combine(DataFolder, "tmp"), Owner);

    /// <summary>Called before every statement, with its connection.</summary>
    internal Action<CatalogConnection, string>? Trace { get; init; }

    /// <summary>The folder for temporary files if the data folder is read-only.</summary>
    internal string? TemporaryRoot { get; init; }

    /// <summary>Returns the free bytes of a folder's disk for this user, and its total bytes.</summary>
    internal Func<string, (long Free, long Total)> Disk { get; init; } = static folder =>
    {
        try
        {
            var drive = new DriveInfo(folder);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Some network shares do not report it; a full disk is then found by writing.
            return (long.MaxValue, 0);
        }
    };

    /// <summary>The free bytes of the data folder's disk for this user, and its total bytes.</summary>
    internal (long Free, long Total) DiskSpace() => Disk(DataFolder);

    /// <summary>Opens the bases of the data folder.</summary>
    internal BaseFolder OpenBases() => new(
        DataFolder, TemporaryFolder, new BaseLimits(Bases, MaxHeaderBytes, MaxUploadBytes), TemporaryRoot is not null, Time.GetUtcNow());
}
