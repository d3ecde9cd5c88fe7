using System.Globalization;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite.Pages;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Brings a database to the newest schema, one numbered script after another, in one transaction.</summary>
internal static class Migrations
{
    // "FISH": tells a data folder's database from any other SQLite file.
    private const long ApplicationId = 0x46495348;

    // Bytes of a database that may be rewritten while it is opened.
    private const long SoonRewritten = 1 << 28;

    /// <summary>The schema that <see cref="Run"/> makes.</summary>
    public static int Newest => Scripts().Count;

    /// <summary>Creates the schema, or brings it up to date.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="mayCreate">Called before anything is written to an empty database; refuses by throwing.</param>
    public static void Run(SqliteCatalogConnection connection, Action? mayCreate = null)
    {
        var scripts = Scripts();
        if (mayCreate is not null && connection.Scalar<long>("PRAGMA user_version") == 0)
        {
            mayCreate();
        }

        // Only an empty database takes these, outside of a transaction, and the third one writes its first page, which has to tell of the
        // sums: a copy of part of the log may leave that page as it is. Frames are long: larger pages than usual are fewer to write and sum
        // up.
        connection.Execute("PRAGMA page_size = 16384");
        var hadSums = RequestSums(connection);
        connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;");

        // A table is made anew by dropping it: what refers to it is checked at the end.
        connection.Execute("PRAGMA foreign_keys = OFF");
        RunAll(connection, scripts);
        connection.Execute("PRAGMA foreign_keys = ON");
        if ((hadSums || Try(connection, "VACUUM", mostBytes: SoonRewritten)) && !CheckedVfs.HasSums(connection.Sqlite))
        {
            // While the log alone tells of the sums, a copy of part of it writes pages without: all of it goes at once, here or where a
            // killed process left it.
            Try(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    // Whether the pages have checksums already, or will from the first on.
    private static bool RequestSums(SqliteCatalogConnection connection)
    {
        var pages = connection.Scalar<long>("PRAGMA page_count");
        var hasRoom = CheckedVfs.ReservedBytes(connection.Sqlite) == PageSum.Length;
        CheckedVfs.RequestSums(connection.Sqlite);
        return pages == 0 || hasRoom;
    }

    // One that an earlier program has made gets checksums by being rewritten: now if that is soon done, else whenever it is compacted.
    private static bool Try(SqliteCatalogConnection connection, string sql, long mostBytes = long.MaxValue)
    {
        if (connection.Scalar<long>("PRAGMA page_count") * connection.Scalar<long>("PRAGMA page_size") > mostBytes)
        {
            return false;
        }

        try
        {
            connection.Execute(sql);
            return true;
        }
        catch (CatalogException error) when (error.Fault != CatalogFault.Damaged)
        {
            // A full disk, or another process at work: what is there can be read all the same, and the next opening tries again.
            return false;
        }
    }

    /// <summary>Refuses a database of a newer program, or of another one.</summary>
    public static void RequireKnown(SqliteCatalogConnection connection) =>
        RequireKnown(connection.Scalar<long>("PRAGMA user_version"), connection.Scalar<long>("PRAGMA application_id"));

    /// <summary>Refuses what the first page of such a database says.</summary>
    public static void RequireKnown(long version, long applicationId) => Check(version, applicationId, Newest);

    /// <summary>Makes the tables of a schema, of an earlier one too, in an empty database.</summary>
    public static void Make(SqliteCatalogConnection connection, int version)
    {
        foreach (var (_, script) in Scripts().Take(version))
        {
            connection.Execute(script);
        }
    }

    /// <summary>Refuses a database that would have to be migrated, for one that can only be read.</summary>
    public static void RequireCurrent(SqliteCatalogConnection connection, string folder)
    {
        RequireKnown(connection);
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (version < Newest)
        {
            throw new FishException(
                ErrorCode.StoreReadOnly, folder,
                $"The database has schema {version} and has to be brought up to {Newest} first, but this user can only read it.",
                "Open it once as the user who may write it ('fishckpt ls' does it), or copy the folder to a place where you may write.");
        }
    }

    private static void RunAll(SqliteCatalogConnection connection, SortedList<string, string> scripts)
    {
        using var transaction = connection.Begin();
        var version = connection.Scalar<long>("PRAGMA user_version");
        Check(version, connection.Scalar<long>("PRAGMA application_id"), scripts.Count);
        foreach (var (_, script) in scripts.Skip((int)version))
        {
            connection.Execute(script);
        }

        if (version < scripts.Count)
        {
            Require(connection.Query("PRAGMA foreign_key_check", _ => true).Count == 0);
            connection.Execute(string.Create(
                CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {scripts.Count};"));
        }

        transaction.Commit();
    }

    private static void Require(bool sound)
    {
        if (!sound)
        {
            throw new FishException(
                ErrorCode.CorruptStore, Database.FileName,
                "After the schema was brought up to date, a row refers to one that is missing; nothing was changed.",
                "Restore from a backup, or open the folder with the program that wrote it.");
        }
    }

    private static void Check(long version, long applicationId, int newest)
    {
        if (version > newest)
        {
            throw new FishException(
                ErrorCode.StoreTooNew, Database.FileName, $"The database has schema {version}; this program knows {newest}.",
                "Use a newer program.");
        }

        if (version > 0 && applicationId != ApplicationId)
        {
            throw new FishException(
                ErrorCode.CorruptStore, Database.FileName, "The file is a database of another program.", "Choose another data folder.");
        }
    }

    private static SortedList<string, string> Scripts()
    {
        var assembly = typeof(Migrations).Assembly;
        var scripts = new SortedList<string, string>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            scripts.Add(name, reader.ReadToEnd());
        }

        return scripts;
    }
}
