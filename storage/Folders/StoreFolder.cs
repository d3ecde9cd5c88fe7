using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Folders;

/// <summary>Decides from what lies in a data folder whether a store is opened there, created, or refused.</summary>
internal static class StoreFolder
{
    /// <summary>The file of the database.</summary>
    public const string Database = "fish.db";

    /// <summary>The folder, within a data folder, of a restored store that is to take its place.</summary>
    public const string Arriving = ".restoring";

    /// <summary>The folder, within a data folder, of a store that a restored one has replaced.</summary>
    public const string Replaced = ".replaced";

    /// <summary>Checks the folder. A missing one is created, unless a store has to be there.</summary>
    /// <returns>Whether the store can only be read: this user may not write there, or the file system is mounted for reading
    /// only.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreNotFound"/>, <see cref="ErrorCode.StoreIncomplete"/>,
    /// <see cref="ErrorCode.CorruptStore"/>: the database is missing beside what belongs to one.</exception>
    public static bool Prepare(string folder, bool mustExist)
    {
        var kind = KindOf(folder);
        if (mustExist && kind is { } file && !file.HasFlag(FileAttributes.Directory))
        {
            throw NotFound(folder, "This is a file, not a data folder.");
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
                : $"The folder holds no store: there is no {Database} in it.");
        }

        Create(folder);
        return false;
    }

    /// <summary>Creates a folder and those above it that are missing. A loss of power does not take them away again.</summary>
    public static void Create(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(folder) is { } above)
        {
            if (!Directory.Exists(above))
            {
                Create(above);
            }

            // Also a folder that is there already: who made it may have been killed before this.
            var isThere = Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            try
            {
                AtomicFile.SyncFolder(above);
            }
            catch (UnauthorizedAccessException) when (isThere)
            {
                // What this user may not read, as /home may be, another has made and filled.
            }
        }
    }

    /// <summary>Refuses to create a database where files of an earlier one lie: what they hold would be lost with the next
    /// collection.</summary>
    public static void RequireNoRemains(string folder)
    {
        if (HasContent(Path.Combine(folder, Database + "-wal")))
        {
            throw Remains(folder, Database + "-wal");
        }

        RequireNoBases(folder);
    }

    /// <summary>As above, beside a database that has no schema: what a log holds there is of a creation that did not come to
    /// its end.</summary>
    public static void RequireNoBases(string folder)
    {
        var bases = Path.Combine(folder, "bases");
        if (Directory.Exists(bases) && Directory.EnumerateFileSystemEntries(bases).Any())
        {
            throw Remains(folder, "bases");
        }
    }

    private static FishException Remains(string folder, string remains) => new(
        ErrorCode.CorruptStore, folder, $"{Database} is missing or empty, but {remains} of a store lies in the folder.",
        $"Put {Database} back, or restore a backup into another folder with 'fishckpt restore'. Nothing was changed. "
            + "Only if nothing here is needed: empty the folder, or name another one.");

    private static FishException NotFound(string folder, string cause) => new(
        ErrorCode.StoreNotFound, folder, cause,
        "Check --data, FISH_DATA and the settings' DataFolder. 'fishckpt base add' and 'fishckpt serve' create a store; "
        + "this command does not.");

    private static bool HasContent(string path) => KindOf(path) is { } kind && !kind.HasFlag(FileAttributes.Directory)
        && new FileInfo(path).Length > 0;

    // Directory.Exists takes a folder that this user may not look into for one that is missing; this throws.
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
