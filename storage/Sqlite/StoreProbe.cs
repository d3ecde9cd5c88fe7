using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite.Pages;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Looks at a data folder without leaving a trace: nothing is made, migrated, locked for long or written, not even an index of the log. For
/// questions that may be asked of a folder whatever state it is in.
/// </summary>
public sealed class StoreProbe : IDisposable
{
    // Of an earlier schema too: a deleted task has no name that a task can have.
    private const string IsThere = "name NOT LIKE '~%'";

    private readonly CatalogConnection connection;

    private StoreProbe(CatalogConnection connection, bool seesLog) => (this.connection, SeesLog) = (connection, seesLog);

    /// <summary>Whether what a log beside the database adds is seen too. It is not where a log was left without its index: the next opening
    /// takes it in.</summary>
    public bool SeesLog { get; }

    /// <summary>The schema that this program makes.</summary>
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

    /// <summary>Opens the database of a folder, if it has one.</summary>
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
    /// Whether this user may write a file or folder, without writing; on a file system that is mounted for reading only, nobody may. On
    /// Windows only a file's read-only attribute is looked at, and not the access lists: there the first write shows it.
    /// </summary>
    public static bool MayWrite(string path) => Permission.MayWrite(path);

    /// <summary>Refuses a folder without a database that holds what belongs to one.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptStore"/>.</exception>
    public static void RequireNoRemains(string dataFolder) => StoreFolder.RequireNoRemains(dataFolder);

    /// <summary>Refuses a folder that a backup, restore or repair was broken off in.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreIncomplete"/>.</exception>
    public static void RequireComplete(string dataFolder) => Incomplete.RequireNone(dataFolder);

    /// <summary>What restores have left in a data folder, as paths: a copy that was not finished, or a store that was replaced. Whoever
    /// wants the room may delete them.</summary>
    public static IReadOnlyList<string> LeftoversOf(string dataFolder) =>
        [.. new[] { StoreFolder.Arriving, StoreFolder.Replaced }.Select(name => Path.Combine(dataFolder, name)).Where(Directory.Exists)];

    /// <summary>
    /// What is damaged in the log of a folder's database before frames that were committed; SQLite drops these when it takes the log in.
    /// </summary>
    /// <returns><see langword="null"/>: nothing, or there is no log.</returns>
    public static string? DamageOfLog(string dataFolder) =>
        LogFrames.Read(Path.Combine(dataFolder, $"{Database.FileName}-wal")) is { Damage: { } damage } log
            ? $"{damage} is damaged; {log.Committed - log.Taken} frames from there on were committed" : null;

    /// <summary>How many processes have a store open in the folder.</summary>
    public static int CountUsers(string dataFolder) => TemporaryFolder.CountHeld(Path.Combine(dataFolder, "tmp"));

    /// <summary>Things that verifications have found damaged and none has found gone.</summary>
    public long KnownDamage => Read(() => connection.Scalar<long>("SELECT count(*) FROM sqlite_schema WHERE name = 'damage'") == 0 ? 0
        : connection.Scalar<long>("SELECT count(*) FROM damage WHERE gone IS NULL"));

    /// <summary>The schema that the database has; 0 where it is empty.</summary>
    public long Schema => Read(() => connection.Scalar<long>("PRAGMA user_version"));

    /// <summary>When the newest checkpoint was saved.</summary>
    public DateTimeOffset? NewestSave =>
        Read(() => connection.Query("SELECT created FROM checkpoints ORDER BY id DESC LIMIT 1", row => row.GetInt64(0)) is [var newest]
        ? DateTimeOffset.FromUnixTimeMilliseconds(newest) : (DateTimeOffset?)null);

    /// <summary>The store's identity, 32 hexadecimal digits; <see langword="null"/>: the schema is too old to have one.</summary>
    public string? Identity => Read(() => StoreIdentity.TryRead(connection));

    /// <summary>How many tasks and bases there are.</summary>
    public (long Tasks, long Bases) Counts => Read(() => (
        connection.Scalar<long>($"SELECT count(*) FROM tasks WHERE {IsThere}"),
        connection.Scalar<long>("SELECT count(*) FROM base_names")));

    /// <summary>Names of tasks, by name.</summary>
    public IReadOnlyList<string> Tasks(int most) =>
        Read(() => connection.Query($"SELECT name FROM tasks WHERE {IsThere} ORDER BY name LIMIT $0", Text, most));

    /// <summary>Names of bases, by name.</summary>
    public IReadOnlyList<string> Bases(int most) =>
        Read(() => connection.Query("SELECT name FROM base_names ORDER BY name LIMIT $0", Text, most));

    /// <summary>Tags of a task, by name.</summary>
    public IReadOnlyList<string> Tags(string task, int most) => Read(() => connection.Query(
        "SELECT t.name FROM tags t JOIN tasks ON tasks.id = t.task WHERE tasks.name = $0 ORDER BY t.name LIMIT $1", Text, task, most));

    /// <summary>Steps of a task, the newest first.</summary>
    public IReadOnlyList<long> Steps(string task, int most) => Read(() => connection.Query(
        "SELECT c.step FROM checkpoints c JOIN tasks ON tasks.id = c.task WHERE tasks.name = $0 AND c.deleted = 0 "
            + "ORDER BY c.step DESC LIMIT $1",
        row => row.GetInt64(0), task, most));

    /// <summary>Checks the database's structure and the checksums of its pages, as far as that goes in a time.</summary>
    /// <param name="longest">The time.</param>
    /// <returns>What is wrong, empty where nothing is; <see langword="null"/> where the time was over first.</returns>
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
