using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Folders;

/// <summary>
/// The mark of a folder that is being made, by a backup, a copy or a repair: it stands from before the first file until after the last, so
/// that what was broken off is never taken for a store.
/// </summary>
internal static class Incomplete
{
    public const string FileName = "incomplete";

    /// <summary>The file that tells what a backup is of.</summary>
    public const string BackupMark = "backup.json";

    /// <summary>The file that is locked while a backup is made.</summary>
    public const string BackupLock = "backup.lock";

    // What backups, copies and repairs make.
    private static readonly string[] Own = [FileName, "bases", "tmp", "original", "quarantine", BackupMark, BackupLock];

    private static readonly byte[] Text =
        "This folder was not finished. It is not a data folder yet; run what made it again.\n"u8.ToArray();

    private static readonly byte[] ReplacementText =
        "The store here is being replaced by a restored one. Run the restore again.\n"u8.ToArray();

    public static bool IsOn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Whether a store is being replaced in the folder, and both are there.</summary>
    public static bool IsReplacement(string folder) =>
        IsOn(folder) && File.ReadAllBytes(Path.Combine(folder, FileName)).AsSpan().SequenceEqual(ReplacementText);

    /// <summary>Refuses a folder that was not finished.</summary>
    public static void RequireNone(string folder)
    {
        if (IsReplacement(folder))
        {
            throw new FishException(
                ErrorCode.StoreIncomplete, folder, "A restore that replaces the store here was broken off while the two changed places.",
                "Run 'fishckpt restore BACKUP DIR --replace' again: it goes on from there. Both stores are there until then.");
        }

        if (IsOn(folder))
        {
            throw new FishException(
                ErrorCode.StoreIncomplete, folder, "The folder is a backup, copy or repair that was broken off.",
                "Run that again, or delete the folder.");
        }
    }

    /// <summary>Makes a folder that carries the mark. One that was broken off is emptied first.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="kept">What in it is left, where what lies there is looked at again.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: something else lies there.</exception>
    public static void Begin(string folder, params IReadOnlyList<string> kept)
    {
        if (IsOn(folder))
        {
            RequireOwn(folder);
            Empty(folder, kept);
        }
        else if (Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path))
                .Any(name => !kept.Contains(name) && !IsUnwritten(name)))
        {
            throw new FishException(ErrorCode.FolderTaken, folder, "The folder is not empty.", "Name another one; nothing was changed.");
        }

        StoreFolder.Create(folder);
        RemoveUnwritten(folder);
        Mark(folder, Text);
    }

    /// <summary>Removes marks that were being written when a process was killed.</summary>
    public static void RemoveUnwritten(string folder)
    {
        foreach (var left in Directory.EnumerateFiles(folder).Where(path => IsUnwritten(Path.GetFileName(path))))
        {
            File.Delete(left);
        }
    }

    /// <summary>Marks a folder in which a store is replaced.</summary>
    public static void BeginReplacement(string folder) => Mark(folder, ReplacementText);

    /// <summary>Takes the mark off, when everything is synced.</summary>
    public static void End(string folder)
    {
        AtomicFile.SyncFolder(folder);
        File.Delete(Path.Combine(folder, FileName));
        AtomicFile.SyncFolder(folder);
        AtomicFile.SyncFolder(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))!);
    }

    /// <summary>Removes what was begun, and nothing else; the mark goes last.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keepFolder">Whether the folder itself was there before.</param>
    /// <param name="kept">What in it is left for the caller.</param>
    public static void Remove(string folder, bool keepFolder = false, params IReadOnlyList<string> kept)
    {
        Empty(folder, kept);
        File.Delete(Path.Combine(folder, FileName));
        if (!keepFolder && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private static void Mark(string folder, byte[] text)
    {
        using var mark = AtomicFile.Create(Path.Combine(folder, FileName));
        mark.Stream.Write(text);
        mark.Commit();
    }

    /// <summary>Whether a file is a mark that was being written when the process was killed.</summary>
    public static bool IsUnwritten(string name) => name.EndsWith(".tmp", StringComparison.Ordinal)
        && (name.StartsWith(FileName + ".", StringComparison.Ordinal) || name.StartsWith(BackupMark + ".", StringComparison.Ordinal));

    private static bool IsOwn(string name) => Own.Contains(name, StringComparer.Ordinal)
        || name.EndsWith(".arriving", StringComparison.Ordinal) || IsUnwritten(name)
        || name.StartsWith('.') || name.StartsWith("fish.db", StringComparison.Ordinal);

    // A file of that name may be anybody's.
    private static void RequireOwn(string folder)
    {
        if (!File.ReadAllBytes(Path.Combine(folder, FileName)).AsSpan().SequenceEqual(Text)
            || Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(name => !IsOwn(name!)) is { })
        {
            throw new FishException(ErrorCode.FolderTaken, folder, "The folder holds something else beside a copy that was broken off.",
                "Name another one; nothing was changed.");
        }
    }

    private static void Empty(string folder, IReadOnlyList<string> kept)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry =>
            entry.Name != FileName && !kept.Contains(entry.Name, StringComparer.Ordinal) && IsOwn(entry.Name)))
        {
            if (entry is DirectoryInfo inner && entry.LinkTarget is null)
            {
                inner.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
