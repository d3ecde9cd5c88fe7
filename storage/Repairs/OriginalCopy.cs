using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Copies a damaged database and its log, to be read from there: SQLite writes beside even what it only reads.</summary>
internal static class OriginalCopy
{
    /// <summary>Copies.</summary>
    /// <returns>The copy's path.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: somebody writes to it.</exception>
    public static string Make(string dataFolder, string folder, ProgressReporter meter, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var before = State(dataFolder);
        foreach (var name in Names.Where(name => File.Exists(Path.Combine(dataFolder, name))))
        {
            meter.Expect(new FileInfo(Path.Combine(dataFolder, name)).Length);
            BaseCopy.CopyFile(Path.Combine(dataFolder, name), Path.Combine(folder, name), meter, cancellation);
        }

        return State(dataFolder) == before ? Path.Combine(folder, Database.FileName) : throw new FishException(
            ErrorCode.FolderTaken, dataFolder, "The database changed while it was copied: somebody writes to it.",
            "Stop the server and the trainers first.");
    }

    private static string[] Names => [Database.FileName, Database.FileName + "-wal"];

    private static string State(string dataFolder) => string.Join(';', Names.Select(name => new FileInfo(Path.Combine(dataFolder, name)))
        .Select(file => file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "-"));
}
