using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies a damaged database and its log, and the copy is read instead: SQLite writes files next to a database even to read it.
/// </summary>
internal static class OriginalCopy
{
    /// <summary>Copies the database.</summary>
    /// <returns>The path of the copy.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another process writes to it.</exception>
    public static string Make(string dataFolder, string folder, ProgressReporter meter, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var before = State(dataFolder);
        foreach (var name in Names.Where(name => File.Exists(Path.Combine(dataFolder, name))))
        {
            meter.Expect(new FileInfo(Path.Combine(dataFolder, name)).Length);
            BaseCopy.CopyFile(Path.Combine(dataFolder, name), Path.Combine(folder, name), meter, cancellationToken);
        }

        return State(dataFolder) == before ? Path.Combine(folder, Database.FileName) : throw new FishException(
            ErrorCode.FolderTaken, dataFolder, "The database changed during the copy: another process writes to it.",
            "Stop the server and the trainers first.");
    }

    private static string[] Names => [Database.FileName, Database.FileName + "-wal"];

    private static string State(string dataFolder) => string.Join(';', Names.Select(name => new FileInfo(Path.Combine(dataFolder, name)))
        .Select(file => file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "-"));
}
