using System.Globalization;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite.Pages;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Migrates a database to the newest schema with numbered scripts in one transaction.</summary>
internal static class Migrations
{
    // "FISH": distinguishes a store's database from other SQLite files.
    private const long ApplicationId = 0x46495348;

    // The most bytes of a database that is rewritten during an opening.
    private const long SoonRewritten = 1 << 28;

    /// <summary>The schema version after <see cref="Run"/>.</summary>
    public static int Newest => Scripts().Count;

    /// <summary>Creates the schema, or migrates it.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="mayCreate">Called before the first write to an empty database; throws to refuse it.</param>
    public static void Run(SqliteCatalogConnection connection, Action? mayCreate = null)
    {
        var scripts = Scripts();
        if (mayCreate is not null && connection.Scalar<long>("PRAGMA user_version") == 0)
        {
            mayCreate();
        }

        // These take effect only in an empty database and outside a transaction. The third writes the first page, which must announce the
        // checksums already, since copying part of a log may not rewrite it. Large pages suit long frames: there are fewer to write and
        // check.
        connection.Execute("PRAGMA page_size = 16384");
        var hadSums = RequestSums(connection);
        connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;");

        // Migrations replace tables by dropping them, so references are checked at the end.
        connection.Execute("PRAGMA foreign_keys = OFF");
        RunAll(connection, scripts);
        connection.Execute("PRAGMA foreign_keys = ON");
        if ((hadSums || Try(connection, "VACUUM", maxBytes: SoonRewritten)) && !CheckedVfs.HasSums(connection.Sqlite))
        {
            // As long as only the log announces the checksums, copying part of it would write pages without. So it is copied as a whole,
            // here or after a killed process.
            Try(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    // Whether the pages have checksums, or will have them from the first write.
    private static bool RequestSums(SqliteCatalogConnection connection)
    {
        var pages = connection.Scalar<long>("PRAGMA page_count");
        var hasRoom = CheckedVfs.ReservedBytes(connection.Sqlite) == PageSum.Length;
        CheckedVfs.RequestSums(connection.Sqlite);
        return pages == 0 || hasRoom;
    }

    // A database of an earlier version gets checksums when it is rewritten: now if that is quick, else at the next compaction.
    private static bool Try(SqliteCatalogConnection connection, string sql, long maxBytes = long.MaxValue)
    {
        if (connection.Scalar<long>("PRAGMA page_count") * connection.Scalar<long>("PRAGMA page_size") > maxBytes)
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
            // The disk is full or another process is writing. The store works anyway, and the next opening tries again.
            return false;
        }
    }

    /// <summary>Throws if a newer version or another program wrote the database.</summary>
    public static void RequireKnown(SqliteCatalogConnection connection) =>
        RequireKnown(connection.Scalar<long>("PRAGMA user_version"), connection.Scalar<long>("PRAGMA application_id"));

    /// <summary>Throws if a newer version or another program wrote the database, given the numbers in its first page.</summary>
    public static void RequireKnown(long version, long applicationId) => Check(version, applicationId, Newest);

    /// <summary>Creates the tables of a schema version in an empty database.</summary>
    public static void Make(SqliteCatalogConnection connection, int version)
    {
        foreach (var (_, script) in Scripts().Take(version))
        {
            connection.Execute(script);
        }
    }

    /// <summary>Throws if a read-only database would need a migration.</summary>
    public static void RequireCurrent(SqliteCatalogConnection connection, string folder)
    {
        RequireKnown(connection);
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (version < Newest)
        {
            throw new FishException(
                ErrorCode.StoreReadOnly, folder,
                $"The database has schema {version} and needs a migration to {Newest}, but this user may only read it.",
                "Open it once as a user who may write it, for example with 'fishckpt ls', or copy the folder to a writable place.");
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
                "After the migration a row refers to a missing one; nothing was changed.",
                "Restore from a backup, or open the folder with the earlier version.");
        }
    }

    private static void Check(long version, long applicationId, int newest)
    {
        if (version > newest)
        {
            throw new FishException(
                ErrorCode.StoreTooNew, Database.FileName,
                $"The database has schema {version}; the newest that this version supports is {newest}.",
                "Use a newer version.");
        }

        if (version > 0 && applicationId != ApplicationId)
        {
            throw new FishException(
                ErrorCode.CorruptStore, Database.FileName, "The file is another program's database.", "Choose another data folder.");
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
