using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Checks a data folder without changing it.</summary>
internal sealed class FolderChecks(Machine machine, string folder)
{
    private const string Name = "data folder";
    private const long MinFree = 64_000_000;
    private const long LowFree = 1_000_000_000;
    private const int MaxFiles = 100_000;
    private const string ToCreate =
        $"'{ProgramInfo.Name} base add' and '{ProgramInfo.Name} serve' create one. Otherwise check --data and FISH_DATA.";

    private const string AsAWriter =
        $"Open it once as a user with write access (for example with '{ProgramInfo.Name} ls'), or copy the folder to a place where "
        + "you have it.";

    // This program was written later, so an earlier time means a wrong clock.
    private static readonly DateTimeOffset Epoch = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private string DatabasePath => Path.Combine(folder, "fish.db");

    // The same rule as when a store is opened.
    private bool IsReadOnly => File.Exists(DatabasePath) && !(machine.MayWrite(folder) && machine.MayWrite(DatabasePath));

    public IEnumerable<Check> Run()
    {
        if (File.Exists(folder))
        {
            return [Check.Fail(Name, $"{folder} is a file", "Name a folder with --data.", ErrorKind.Invalid), Clock(null)];
        }

        if (!Directory.Exists(folder))
        {
            return [Check.Warn(Name, $"{folder} does not exist",
                ToCreate),
                .. Place(NearestOf(folder)), Clock(null)];
        }

        return
        [
            .. Check.Guarded(Name, () => [Complete()]),
            .. Check.Guarded("writable", () => [Writable()]),
            .. Place(folder),
            .. Check.Guarded(
                "in use",
                () =>
                    [Check.Ok(
                        "in use", StoreProbe.CountUsers(folder) is > 0 and var users ? $"by {users} process{(users == 1 ? "" : "es")}"
                        : "by nobody")]),
            .. Check.Guarded("database", Database),
        ];
    }

    private Check Complete()
    {
        StoreProbe.RequireComplete(folder);
        return StoreProbe.LeftoversOf(folder) is { Count: > 0 } left
            ? Check.Warn(Name, $"{folder}; a restore left {string.Join(" and ", left)} behind",
                "If no restore is running, delete that: the store does not need it.")
            : Check.Ok(Name, folder);
    }

    private IEnumerable<Check> Place(string path) =>
    [
        .. Check.Guarded("file system", () => [FileSystem(path)]),
        .. Check.Guarded("space", () => [Space(path)]),
    ];

    private Check Writable()
    {
        string[] parts = [folder, DatabasePath, Path.Combine(folder, "bases")];
        var refused = parts.Where(path => Path.Exists(path) && !machine.MayWrite(path)).ToArray();
        var found = $"{Environment.UserName} cannot write {string.Join(", ", refused)}";
        return refused.Length == 0 ? Check.Ok("writable", "yes")
            : IsReadOnly ? Check.Warn(
                "writable", $"read only: loading works, saving does not; {found}",
                "To save, run as the user who owns it, change its permissions, or mount its file system for writing.")
            : Check.Fail("writable", found, "Change its owner or its permissions, or run as the user who owns it.");
    }

    private Check FileSystem(string path) => machine.FileSystem(path) switch
    {
        null => Check.Ok("file system", "unknown"),
        var kind when Mounts.IsRemote(kind) => Check.Warn(
            "file system", kind,
            $"SQLite's log and locks are not safe over a network. Keep the folder on a local disk, and use "
            + $"'{ProgramInfo.Name} serve' for other machines."),
        var kind => Check.Ok("file system", kind),
    };

    private Check Space(string path)
    {
        var (free, stored) = (machine.FreeBytes(path), Directory.Exists(folder) ? StoredBytes() : 0);
        var found = $"{Say.Bytes(free)} free, {Say.Bytes(stored)} stored";
        return IsReadOnly ? Check.Ok("space", found)
            : free < MinFree ? Check.Fail(
                "space", found, "Free some space: saving fails, and even deleting needs a little.", ErrorKind.Full)
            : free < LowFree || free < stored / 10
                ? Check.Warn(
                    "space", found, $"Free some space, or run '{ProgramInfo.Name} gc' to delete checkpoints that no retention rule keeps.")
            : Check.Ok("space", found);
    }

    private long StoredBytes() => new DirectoryInfo(folder)
        .EnumerateFiles(
            "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true,
                AttributesToSkip = FileAttributes.ReparsePoint })
        .Take(MaxFiles).Sum(file => file.Length);

    private IEnumerable<Check> Database()
    {
        using var probe = StoreProbe.Open(folder);
        if (probe is null)
        {
            return [
                .. Check.Guarded("database", () =>
                {
                    StoreProbe.RequireNoRemains(folder);
                    return [Check.Warn("database", "there is no database yet",
                        ToCreate)];
                }),
                Clock(null),
            ];
        }

        return
        [
            .. Check.Guarded("schema", () => [Schema(probe.Schema)]),
            .. Check.Guarded("log", () => StoreProbe.DamageOfLog(folder) is { } damage
                ? [Check.Fail(
                    "log", damage,
                    "Do not open it with another SQLite program, which would drop the saves in it. "
                    + $"Run '{ProgramInfo.Name} repair', which keeps the sound ones.",
                    ErrorKind.Corrupt)]
                : probe.SeesLog ? [] : [Log()]),
            .. Check.Guarded("integrity", () => [Integrity(probe.Check(machine.CheckTime))]),
            .. probe.Schema == StoreProbe.NewestSchema ? Contents(probe) : [Clock(null)],
        ];
    }

    private IEnumerable<Check> Contents(StoreProbe probe) =>
    [
        .. Check.Guarded("store", () => [Check.Ok("store", probe.Identity ?? "no identity")]),
        .. Check.Guarded("contents", () =>
        {
            var (tasks, bases) = probe.Counts;
            return [Check.Ok("contents", $"{Say.Count(tasks)} tasks, {Say.Count(bases)} bases")];
        }),
        .. Check.Guarded("known damage", () => [probe.KnownDamage is > 0 and var damaged
            ? Check.Fail("known damage", $"{Say.Count(damaged)} items were found damaged",
                $"Run '{ProgramInfo.Name} verify' to see what they affect. docs/guides/backup-and-repair.md shows what to do.",
                ErrorKind.Corrupt)
            : Check.Ok("known damage", "none")]),
        .. Check.Guarded("clock", () => [Clock(probe.NewestSave)]),
    ];

    private Check Log() => IsReadOnly
        ? Check.Fail("log", "the log has no index, so the store cannot be read without writing", AsAWriter, ErrorKind.Forbidden)
        : Check.Warn(
            "log", "the log has no index and was not checked", "The next command that opens the folder applies it.");

    private Check Schema(long schema) =>
        schema == StoreProbe.NewestSchema ? Check.Ok("schema", $"{schema}")
        : schema > StoreProbe.NewestSchema
            ? Check.Fail("schema", $"{schema}; this program supports {StoreProbe.NewestSchema}", "Use a newer version of the program.")
        : IsReadOnly ? Check.Fail(
            "schema",
            $"{schema}; it must be migrated to {StoreProbe.NewestSchema} before it can be read, and this user has no write access",
            AsAWriter, ErrorKind.Forbidden)
        : Check.Warn(
            "schema", $"{schema}; this program creates {StoreProbe.NewestSchema}",
            "The next command that opens the folder migrates it. Earlier versions cannot open it then. Make a backup first if you may "
            + "need one.");

    private Check Integrity(IReadOnlyList<string>? problems) => problems switch
    {
        null =>
            Check.Ok("integrity", $"no damage found in {machine.CheckTime.TotalSeconds:N0} s, which was too short for all pages",
                $"Run '{ProgramInfo.Name} verify --quick' to check everything."),
        [] => Check.Ok("integrity", "the structure and page checksums of the database are sound"),
        _ => Check.Fail(
            "integrity", problems[0], $"Restore a backup, or run '{ProgramInfo.Name} repair': docs/guides/backup-and-repair.md shows how.",
            ErrorKind.Corrupt),
    };

    private Check Clock(DateTimeOffset? newest)
    {
        var now = machine.Time.GetUtcNow();
        return now < Epoch ? Check.Fail(
            "clock", $"{Say.Time(now)} UTC", "Set the clock: retention by time and the expiry of keys use it.", ErrorKind.Invalid)
            : newest > now + Tolerance
                ? Check.Warn("clock", $"{Say.Time(now)} UTC, and the newest checkpoint was saved at {Say.Time(newest.Value)}",
                    "Set the clock. If it is right, it was wrong when that checkpoint was saved: retention by time uses "
                    + "the time of saving.")
            : Check.Ok("clock", $"{Say.Time(now)} UTC");
    }

    private static string NearestOf(string path)
    {
        var parent = path;
        while (!Directory.Exists(parent) && Path.GetDirectoryName(parent) is { Length: > 0 } above)
        {
            parent = above;
        }

        return parent;
    }
}
