using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>The description of a backup in a file next to its database: its store, and its content when it was made.</summary>
/// <param name="Store">The store's identity.</param>
/// <param name="Taken">The time of the backup.</param>
/// <param name="Bases">The number of bases.</param>
/// <param name="Tasks">The number of tasks.</param>
/// <param name="Checkpoints">The number of checkpoints.</param>
/// <param name="Writes">The last id of its audit log, which reveals later writes to the folder as a store.</param>
/// <param name="WritesBefore">The last id in the previous backup, which remains until the new database replaces it.</param>
internal sealed record BackupMark(string Store, DateTimeOffset Taken, long Bases, long Tasks, long Checkpoints, long Writes,
    long? WritesBefore)
{
    public const string FileName = Incomplete.BackupMark;

    /// <summary>Describes a database.</summary>
    public static BackupMark Of(CatalogConnection copied, DateTimeOffset taken, long? writesBefore) => new(
        StoreIdentity.TryRead(copied) ?? "", taken, copied.Scalar<long>("SELECT count(*) FROM bases"),
        copied.Scalar<long>($"SELECT count(*) FROM tasks WHERE name NOT LIKE '~%'"),
        copied.Scalar<long>("SELECT count(*) FROM checkpoints WHERE deleted = 0"),
        copied.Scalar<long?>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0, writesBefore);

    /// <summary>Reads the description in a folder; <see langword="null"/> if it is missing or unreadable.</summary>
    public static BackupMark? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<BackupMark>(File.ReadAllBytes(Path.Combine(folder, FileName)), FishJson.Options);
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the description atomically.</summary>
    public void Write(string folder)
    {
        using var file = AtomicFile.Create(Path.Combine(folder, FileName));
        file.Stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, FishJson.Options));
        file.Commit();
    }

    /// <summary>
    /// Throws if the backup would replace another store's backup, a store in use, or a backup of more than this store contains.
    /// </summary>
    /// <param name="target">The folder of the earlier backup.</param>
    /// <param name="found">The description of its database.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public void RequireReplaceable(string target, BackupMark found)
    {
        var mark = Read(target);
        var why = found switch
        {
            { Store: "" } => "The backup does not name its store, because an earlier version made it.",
            _ when found.Store != Store => $"The backup belongs to another store, {found.Store}; this store is {Store}.",
            _ when mark is not null && found.Writes != mark.Writes && found.Writes != mark.WritesBefore =>
                "The backup was opened as a data folder and written to.",
            { Bases: 0, Checkpoints: 0 } => null,
            _ when Bases == 0 && Checkpoints == 0 => "This store is empty, but the backup is not.",
            _ => null,
        };
        if (why is not null)
        {
            throw new FishException(
                ErrorCode.FolderTaken, target,
                $"{why} It contains {found.Bases} bases, {found.Tasks} tasks and {found.Checkpoints} checkpoints.",
                "Back up into another folder, or use --replace (\"replace\":true) to overwrite that backup.");
        }
    }
}
