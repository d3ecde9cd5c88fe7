using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>What a backup's folder says of itself, in a file beside the database: of which store it is, and what it held when it was
/// made.</summary>
/// <param name="Store">The store's identity.</param>
/// <param name="Taken">When it was made.</param>
/// <param name="Bases">Bases that it holds.</param>
/// <param name="Tasks">Tasks that it holds.</param>
/// <param name="Checkpoints">Checkpoints that it holds.</param>
/// <param name="Writes">The number of the last entry of its audit log: a folder that was written as a store since has others.</param>
/// <param name="WritesBefore">That of the backup before it, which is there until the new database takes its place.</param>
internal sealed record BackupMark(string Store, DateTimeOffset Taken, long Bases, long Tasks, long Checkpoints, long Writes,
    long? WritesBefore)
{
    public const string FileName = Incomplete.BackupMark;

    /// <summary>What a database says.</summary>
    public static BackupMark Of(CatalogConnection copied, DateTimeOffset taken, long? writesBefore) => new(
        StoreIdentity.TryRead(copied) ?? "", taken, copied.Scalar<long>("SELECT count(*) FROM bases"),
        copied.Scalar<long>($"SELECT count(*) FROM tasks WHERE name NOT LIKE '~%'"),
        copied.Scalar<long>("SELECT count(*) FROM checkpoints WHERE deleted = 0"),
        copied.Scalar<long?>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0, writesBefore);

    /// <summary>Reads the mark of a folder; <see langword="null"/> where there is none that can be read.</summary>
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

    /// <summary>Writes the mark, whole or not at all.</summary>
    public void Write(string folder)
    {
        using var file = AtomicFile.Create(Path.Combine(folder, FileName));
        file.Stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, FishJson.Options));
        file.Commit();
    }

    /// <summary>Refuses what would take the place of another store's backup, of a store, or of more than it holds itself.</summary>
    /// <param name="target">The folder of the earlier backup.</param>
    /// <param name="found">What its database says.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public void RequireReplaceable(string target, BackupMark found)
    {
        var mark = Read(target);
        var why = found switch
        {
            { Store: "" } => "It does not say of which store it is: an earlier program has made it.",
            _ when found.Store != Store => $"It is of another store: {found.Store}; this one is {Store}.",
            _ when mark is not null && found.Writes != mark.Writes && found.Writes != mark.WritesBefore =>
                "It was opened as a data folder since it was made, and something was written there.",
            { Bases: 0, Checkpoints: 0 } => null,
            _ when Bases == 0 && Checkpoints == 0 => "This store is empty, and the backup is not.",
            _ => null,
        };
        if (why is not null)
        {
            throw new FishException(
                ErrorCode.FolderTaken, target,
                $"{why} It holds {found.Bases} bases, {found.Tasks} tasks and {found.Checkpoints} checkpoints.",
                "Back up into another folder, or say --replace (\"replace\":true) to lose what is there.");
        }
    }
}
