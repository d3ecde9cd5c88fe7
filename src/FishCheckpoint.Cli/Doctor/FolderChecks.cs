using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Checks of a data folder, which is only looked at.</summary>
internal sealed class FolderChecks(Machine machine, string folder)
{
    private const string Name = "data folder";
    private const long LeastFree = 64_000_000;
    private const long LittleFree = 1_000_000_000;
    private const int MaxFiles = 100_000;
    private const string AsAWriter =
        "Open it once as a user who may write it ('fish ls' does it), or copy the folder to a place where you may write.";

    // No clock that runs shows less: this program was written after it.
    private static readonly DateTimeOffset Epoch = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private string DatabasePath => Path.Combine(folder, "fish.db");

    // As an opening decides it.
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
                "'fish base add' and 'fish serve' create it; if there should be one, check --data and FISH_DATA."),
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
            ? Check.Warn(Name, $"{folder}; a restore has left {string.Join(" and ", left)}",
                "If none is under way, delete that: the store does without it.")
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
        var found = $"{Environment.UserName} may not write {string.Join(", ", refused)}";
        return refused.Length == 0 ? Check.Ok("writable", "yes")
            : IsReadOnly ? Check.Warn(
                "writable", $"read only: reading works, saving does not; {found}",
                "To save, run as the user who owns it, change its permissions, or mount its file system for writing.")
            : Check.Fail("writable", found, "Change its owner or its permissions, or run as the user who owns it.");
    }

    private Check FileSystem(string path) => machine.FileSystem(path) switch
    {
        null => Check.Ok("file system", "unknown"),
        var kind when Mounts.IsRemote(kind) => Check.Warn(
            "file system", kind,
            "SQLite's log and its locks are not safe over a network: keep the folder on a local disk, and reach it from elsewhere by fish "
            + "serve."),
        var kind => Check.Ok("file system", kind),
    };

    private Check Space(string path)
    {
        var (free, stored) = (machine.FreeBytes(path), Directory.Exists(folder) ? StoredBytes() : 0);
        var found = $"{Say.Bytes(free)} free, {Say.Bytes(stored)} stored";
        return IsReadOnly ? Check.Ok("space", found)
            : free < LeastFree ? Check.Fail(
                "space", found, "Free some: nothing can be saved, and even deleting needs a little.", ErrorKind.Full)
            : free < LittleFree || free < stored / 10
                ? Check.Warn("space", found, "Free some, or let 'fish gc' delete what no retention keeps.")
            : Check.Ok("space", found);
    }

    private long StoredBytes() => new DirectoryInfo(folder)
        .EnumerateFiles(
            "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true,
                AttributesToSkip = FileAttributes.ReparsePoint })
        .Take(MaxFiles).Sum(file => file.Length);

    private IEnumerable<Check> Database()
    {
        using var look = StoreProbe.Open(folder);
        if (look is null)
        {
            return [
                .. Check.Guarded("database", () =>
                {
                    StoreProbe.RequireNoRemains(folder);
                    return [Check.Warn("database", "there is none yet",
                        "'fish base add' and 'fish serve' create it; if there should be one, check --data and FISH_DATA.")];
                }),
                Clock(null),
            ];
        }

        return
        [
            .. Check.Guarded("schema", () => [Schema(look.Schema)]),
            .. Check.Guarded("log", () => StoreProbe.DamageOfLog(folder) is { } damage
                ? [Check.Fail(
                    "log", damage,
                    "Open it with no other SQLite program, which would drop them: run 'fish repair', which keeps the sound ones.",
                    ErrorKind.Corrupt)]
                : look.SeesLog ? [] : [Log()]),
            .. Check.Guarded("integrity", () => [Integrity(look.Check(machine.CheckTime))]),
            .. look.Schema == StoreProbe.NewestSchema ? Contents(look) : [Clock(null)],
        ];
    }

    private IEnumerable<Check> Contents(StoreProbe look) =>
    [
        .. Check.Guarded("store", () => [Check.Ok("store", look.Identity ?? "no identity")]),
        .. Check.Guarded("contents", () =>
        {
            var (tasks, bases) = look.Counts;
            return [Check.Ok("contents", $"{Say.Count(tasks)} tasks, {Say.Count(bases)} bases")];
        }),
        .. Check.Guarded("known damage", () => [look.KnownDamage is > 0 and var damaged
            ? Check.Fail("known damage", $"{Say.Count(damaged)} things were found damaged",
                "Run 'fish verify' for what they affect; docs/guides/backup-and-repair.md says what to do.", ErrorKind.Corrupt)
            : Check.Ok("known damage", "none")]),
        .. Check.Guarded("clock", () => [Clock(look.NewestSave)]),
    ];

    private Check Log() => IsReadOnly
        ? Check.Fail("log", "a log was left without its index, so the store cannot be read without writing", AsAWriter, ErrorKind.Forbidden)
        : Check.Warn(
            "log", "a log was left without its index; it is not looked into", "The next command that opens the folder takes it in.");

    private Check Schema(long schema) =>
        schema == StoreProbe.NewestSchema ? Check.Ok("schema", $"{schema}")
        : schema > StoreProbe.NewestSchema
            ? Check.Fail("schema", $"{schema}; this program knows {StoreProbe.NewestSchema}", "Use a newer program.")
        : IsReadOnly ? Check.Fail(
            "schema",
            $"{schema}; it has to be brought up to {StoreProbe.NewestSchema} before it can be read, and this user may only read it",
            AsAWriter, ErrorKind.Forbidden)
        : Check.Warn(
            "schema", $"{schema}; this program makes {StoreProbe.NewestSchema}",
            "The next command that opens the folder brings it up to date; earlier programs cannot open it then. Make a backup first if you "
            + "may go back.");

    private Check Integrity(IReadOnlyList<string>? problems) => problems switch
    {
        null =>
            Check.Ok("integrity", $"nothing found in {machine.CheckTime.TotalSeconds:N0} s, which were not enough for all",
                "Run 'fish verify --quick' for all of it."),
        [] => Check.Ok("integrity", "the database's structure and the checksums of its pages are sound"),
        _ => Check.Fail(
            "integrity", problems[0], "Restore a backup, or run 'fish repair': docs/guides/backup-and-repair.md says how.",
            ErrorKind.Corrupt),
    };

    private Check Clock(DateTimeOffset? newest)
    {
        var now = machine.Time.GetUtcNow();
        return now < Epoch ? Check.Fail(
            "clock", $"{Say.Time(now)} UTC", "Set the clock: retention by time and keys that expire go by it.", ErrorKind.Invalid)
            : newest > now + Tolerance
                ? Check.Warn("clock", $"{Say.Time(now)} UTC, and the newest checkpoint was saved at {Say.Time(newest.Value)}",
                    "Set the clock; if it is right, it was wrong then: retention by time goes by when checkpoints were saved.")
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
