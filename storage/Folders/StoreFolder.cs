using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Folders;

/// <summary>Decides from a data folder's content whether to open a store, create one, or refuse.</summary>
internal static class StoreFolder
{
    /// <summary>The file of the database.</summary>
    public const string Database = "fish.db";

    /// <summary>The folder inside a data folder of a restored store that will replace the present one.</summary>
    public const string Arriving = ".restoring";

    /// <summary>The folder inside a data folder of a store that was replaced.</summary>
    public const string Replaced = ".replaced";

    /// <summary>Checks the folder. Creates a missing one unless a store must exist.</summary>
    /// <returns>Whether the store is read-only: this user may not write there, or the file system is mounted read-only.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreNotFound"/>; <see cref="ErrorCode.StoreIncomplete"/>;
    /// <see cref="ErrorCode.CorruptStore"/> if other files of a store exist without its database.</exception>
    public static bool Prepare(string folder, bool mustExist)
    {
        var kind = KindOf(folder);
        if (mustExist && kind is { } file && !file.HasFlag(FileAttributes.Directory))
        {
            throw NotFound(folder, "The path is a file, not a data folder.");
        }

        if (kind is { } found && found.HasFlag(FileAttributes.Directory))
        {
            Incomplete.RequireNone(folder);
            var database = Path.Combine(folder, Database);
            if (HasContent(database))
            {
                return !Permission.MayWrite(folder) || !Permission.MayWrite(database);
            }

            RequireNoRemains(folder);
        }

        if (mustExist)
        {
            throw NotFound(folder, kind is null ? "The data folder does not exist."
                : $"The folder has no store: {Database} is missing.");
        }

        Create(folder);
        return false;
    }

    /// <summary>Creates a folder and its missing parents durably.</summary>
    public static void Create(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(folder) is { } above)
        {
            if (!Directory.Exists(above))
            {
                Create(above);
            }

            // Also for an existing folder: the process that created it may have been killed before the sync.
            var isThere = Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            try
            {
                AtomicFile.SyncFolder(above);
            }
            catch (UnauthorizedAccessException) when (isThere)
            {
                // Another user created and filled a parent that this user may not read, such as /home.
            }
        }
    }

    /// <summary>
    /// Throws if a new database would be created next to files of an earlier one, which the next collection would delete.
    /// </summary>
    public static void RequireNoRemains(string folder)
    {
        if (HasContent(Path.Combine(folder, Database + "-wal")))
        {
            throw Remains(folder, Database + "-wal");
        }

        RequireNoBases(folder);
    }

    /// <summary>Throws if bases exist next to a database without a schema. A log there belongs to an interrupted creation.</summary>
    public static void RequireNoBases(string folder)
    {
        var bases = Path.Combine(folder, "bases");
        if (Directory.Exists(bases) && Directory.EnumerateFileSystemEntries(bases).Any())
        {
            throw Remains(folder, "bases");
        }
    }

    private static FishException Remains(string folder, string remains) => new(
        ErrorCode.CorruptStore, folder, $"{Database} is missing or empty, but {remains} of a store is in the folder.",
        $"Put {Database} back, or restore a backup into another folder with 'fishckpt restore'. "
            + "Empty the folder only if you need nothing in it. Nothing was changed.");

    private static FishException NotFound(string folder, string cause) => new(
        ErrorCode.StoreNotFound, folder, cause,
        "Check --data, FISH_DATA and the setting DataFolder. Only 'fishckpt base add' and 'fishckpt serve' create a store.");

    private static bool HasContent(string path) => KindOf(path) is { } kind && !kind.HasFlag(FileAttributes.Directory)
        && new FileInfo(path).Length > 0;

    // Directory.Exists returns false for a folder without access; this throws.
    private static FileAttributes? KindOf(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
