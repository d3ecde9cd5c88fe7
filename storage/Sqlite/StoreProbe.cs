using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite.Pages;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Examines a data folder in any condition without a trace: creates, migrates and writes nothing, takes no long lock, and needs no index of
/// the log.
/// </summary>
public sealed class StoreProbe : IDisposable
{
    // Works with earlier schemas too: a deleted task has a name that no task can have.
    private const string IsThere = "name NOT LIKE '~%'";

    private readonly CatalogConnection connection;

    private StoreProbe(CatalogConnection connection, bool seesLog) => (this.connection, SeesLog) = (connection, seesLog);

    /// <summary>Whether the content of a log is visible. It is not if the log has no index; the next opening recovers it.</summary>
    public bool SeesLog { get; }

    /// <summary>The newest schema version of this program.</summary>
    public static long NewestSchema => Migrations.Newest;

    /// <summary>The version of SQLite.</summary>
    public static string SqliteVersion
    {
        get
        {
            SQLitePCL.Batteries_V2.Init();
            return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
        }
    }

    /// <summary>Opens the database of a folder; <see langword="null"/> if it has none.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptStore"/>, <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static StoreProbe? Open(string dataFolder)
    {
        var path = Path.Combine(Path.GetFullPath(dataFolder), Database.FileName);
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return null;
        }

        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();

        var (source, seesLog) = ReadOnlyConnection.SourceOf(path);
        var opened = SqliteCatalogConnection.Open(
            new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = 1 }.ToString(),
            "PRAGMA query_only = 1; PRAGMA user_version");
        return new StoreProbe(opened, seesLog || !File.Exists(path + "-wal") || new FileInfo(path + "-wal").Length == 0);
    }

    /// <summary>
    /// Whether this user may write to a file or folder, without writing; always <see langword="false"/> on a file system that is mounted
    /// read-only. On Windows only the read-only attribute of a file is checked, not access lists: there the first write fails.
    /// </summary>
    public static bool MayWrite(string path) => Permission.MayWrite(path);

    /// <summary>Throws if a folder without a database has other files of a store.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptStore"/>.</exception>
    public static void RequireNoRemains(string dataFolder) => StoreFolder.RequireNoRemains(dataFolder);

    /// <summary>Throws if a backup, restore or repair into the folder is unfinished.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreIncomplete"/>.</exception>
    public static void RequireComplete(string dataFolder) => Incomplete.RequireNone(dataFolder);

    /// <summary>
    /// The paths of leftovers of restores in a data folder: an unfinished copy, or a replaced store. They may be deleted to free space.
    /// </summary>
    public static IReadOnlyList<string> LeftoversOf(string dataFolder) =>
        [.. new[] { StoreFolder.Arriving, StoreFolder.Replaced }.Select(name => Path.Combine(dataFolder, name)).Where(Directory.Exists)];

    /// <summary>
    /// Describes damage in the log of a folder's database that precedes committed frames, which SQLite would drop at its recovery.
    /// </summary>
    /// <returns><see langword="null"/> if there is no such damage or no log.</returns>
    public static string? DamageOfLog(string dataFolder) =>
        LogFrames.Read(Path.Combine(dataFolder, $"{Database.FileName}-wal")) is { Damage: { } damage } log
            ? $"{damage} is damaged, and {log.Committed - log.Taken} frames from there on were committed" : null;

    /// <summary>The number of processes with an open store in the folder.</summary>
    public static int CountUsers(string dataFolder) => TemporaryFolder.CountLocked(Path.Combine(dataFolder, "tmp"));

    /// <summary>The number of damaged items that verifications found and no later one found repaired.</summary>
    public long KnownDamage => Read(() => connection.Scalar<long>("SELECT count(*) FROM sqlite_schema WHERE name = 'damage'") == 0 ? 0
        : connection.Scalar<long>("SELECT count(*) FROM damage WHERE gone IS NULL"));

    /// <summary>The schema version of the database; 0 if it is empty.</summary>
    public long Schema => Read(() => connection.Scalar<long>("PRAGMA user_version"));

    /// <summary>The time of the newest save.</summary>
    public DateTimeOffset? NewestSave =>
        Read(() => connection.Query("SELECT created FROM checkpoints ORDER BY id DESC LIMIT 1", row => row.GetInt64(0)) is [var newest]
        ? DateTimeOffset.FromUnixTimeMilliseconds(newest) : (DateTimeOffset?)null);

    /// <summary>The store's identity, 32 hexadecimal digits; <see langword="null"/> if the schema has none.</summary>
    public string? Identity => Read(() => StoreIdentity.TryRead(connection));

    /// <summary>The numbers of tasks and of names of bases.</summary>
    public (long Tasks, long Bases) Counts => Read(() => (
        connection.Scalar<long>($"SELECT count(*) FROM tasks WHERE {IsThere}"),
        connection.Scalar<long>("SELECT count(*) FROM base_names")));

    /// <summary>The names of tasks, sorted.</summary>
    public IReadOnlyList<string> Tasks(int most) =>
        Read(() => connection.Query($"SELECT name FROM tasks WHERE {IsThere} ORDER BY name LIMIT $0", Text, most));

    /// <summary>The names of bases, sorted.</summary>
    public IReadOnlyList<string> Bases(int most) =>
        Read(() => connection.Query("SELECT name FROM base_names ORDER BY name LIMIT $0", Text, most));

    /// <summary>The tags of a task, sorted.</summary>
    public IReadOnlyList<string> Tags(string task, int most) => Read(() => connection.Query(
        "SELECT t.name FROM tags t JOIN tasks ON tasks.id = t.task WHERE tasks.name = $0 ORDER BY t.name LIMIT $1", Text, task, most));

    /// <summary>The steps of a task, newest first.</summary>
    public IReadOnlyList<long> Steps(string task, int most) => Read(() => connection.Query(
        """
        SELECT c.step FROM checkpoints c JOIN tasks ON tasks.id = c.task
        WHERE tasks.name = $0 AND c.deleted = 0 ORDER BY c.step DESC LIMIT $1
        """,
        row => row.GetInt64(0), task, most));

    /// <summary>Checks the database's structure and the checksums of its pages within a time limit.</summary>
    /// <param name="longest">The time limit.</param>
    /// <returns>The problems, empty if there are none; <see langword="null"/> if the time ran out.</returns>
    public IReadOnlyList<string>? Check(TimeSpan longest)
    {
        if (longest <= TimeSpan.Zero)
        {
            return null;
        }

        using var stop = new CancellationTokenSource(longest);
        try
        {
            return connection.CheckStructure(10, stop.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (CatalogException error) when (error.Fault == CatalogFault.Damaged)
        {
            return [error.Refusal.Cause];
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private static string Text(CatalogRow row) => row.GetString(0);

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }
}
