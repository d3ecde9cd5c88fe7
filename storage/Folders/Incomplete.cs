using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Folders;

/// <summary>
/// The mark of an unfinished folder of a backup, copy or repair. It exists from before the first file until after the last, so that an
/// interrupted folder is never taken for a store.
/// </summary>
internal static class Incomplete
{
    public const string FileName = "incomplete";

    /// <summary>The file that describes a backup.</summary>
    public const string BackupMark = "backup.json";

    /// <summary>The file that is locked during a backup.</summary>
    public const string BackupLock = "backup.lock";

    // What backups, copies and repairs create.
    private static readonly string[] Own = [FileName, "bases", "tmp", "original", "quarantine", BackupMark, BackupLock];

    private static readonly byte[] Text =
        "This folder was not finished. It is not a data folder yet; run what made it again.\n"u8.ToArray();

    private static readonly byte[] ReplacementText =
        "The store here is being replaced by a restored one. Run the restore again.\n"u8.ToArray();

    public static bool IsOn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Whether a store in the folder is being replaced, and both are there.</summary>
    public static bool IsReplacement(string folder) =>
        IsOn(folder) && File.ReadAllBytes(Path.Combine(folder, FileName)).AsSpan().SequenceEqual(ReplacementText);

    /// <summary>Throws if a folder is unfinished.</summary>
    public static void RequireNone(string folder)
    {
        if (IsReplacement(folder))
        {
            throw new FishException(
                ErrorCode.StoreIncomplete, folder, "A restore was interrupted while it replaced the store in this folder.",
                "Run 'fishckpt restore BACKUP DIR --replace' again to continue. Until then both stores exist.");
        }

        if (IsOn(folder))
        {
            throw new FishException(
                ErrorCode.StoreIncomplete, folder, "The folder is an unfinished backup, copy or repair.",
                "Run the command again, or delete the folder.");
        }
    }

    /// <summary>Creates a folder with the mark. Empties an unfinished one first.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="kept">Names to keep, because their content is checked again.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder has other content.</exception>
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
            throw new FishException(ErrorCode.FolderTaken, folder, "The folder is not empty.", "Name another folder. Nothing was changed.");
        }

        StoreFolder.Create(folder);
        RemoveUnwritten(folder);
        Mark(folder, Text);
    }

    /// <summary>Removes marks whose writing was interrupted.</summary>
    public static void RemoveUnwritten(string folder)
    {
        foreach (var left in Directory.EnumerateFiles(folder).Where(path => IsUnwritten(Path.GetFileName(path))))
        {
            File.Delete(left);
        }
    }

    /// <summary>Marks a folder whose store is being replaced.</summary>
    public static void BeginReplacement(string folder) => Mark(folder, ReplacementText);

    /// <summary>Removes the mark after everything is synced.</summary>
    public static void End(string folder)
    {
        AtomicFile.SyncFolder(folder);
        File.Delete(Path.Combine(folder, FileName));
        AtomicFile.SyncFolder(folder);
        AtomicFile.SyncFolder(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))!);
    }

    /// <summary>Removes the unfinished content and nothing else; the mark last.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keepFolder">Whether to keep the folder itself.</param>
    /// <param name="kept">Names to leave for the caller.</param>
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

    /// <summary>Whether a file is a mark whose writing was interrupted.</summary>
    public static bool IsUnwritten(string name) => name.EndsWith(".tmp", StringComparison.Ordinal)
        && (name.StartsWith(FileName + ".", StringComparison.Ordinal) || name.StartsWith(BackupMark + ".", StringComparison.Ordinal));

    private static bool IsOwn(string name) => Own.Contains(name, StringComparer.Ordinal)
        || name.EndsWith(".arriving", StringComparison.Ordinal) || IsUnwritten(name)
        || name.StartsWith('.') || name.StartsWith("fish.db", StringComparison.Ordinal);

    // Any program may create a file with this name.
    private static void RequireOwn(string folder)
    {
        if (!File.ReadAllBytes(Path.Combine(folder, FileName)).AsSpan().SequenceEqual(Text)
            || Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(name => !IsOwn(name!)) is { })
        {
            throw new FishException(ErrorCode.FolderTaken, folder, "The folder has other content next to an unfinished copy.",
                "Name another folder. Nothing was changed.");
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
