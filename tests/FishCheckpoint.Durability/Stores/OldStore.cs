using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Maintenance.Collection;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Durability.Stores;

/// <summary>Makes of a store one that an earlier program has written: of an earlier schema, and without checksums of pages.</summary>
public static class OldStore
{
    /// <summary>Removes what no earlier program knows of from a store that is not open: what could be brought back, and side
    /// files.</summary>
    public static async Task RemoveLaterAsync(StoreOptions options)
    {
        using var database = Database.Open(options.DataFolder, options.DiskSpace);
        for (var more = true; more;)
        {
            more = await database.WriteAsync(
                connection =>
                {
                    GraceCollector.EndAll(connection.Rows, DateTimeOffset.UtcNow, null, new AuditWriter(options));
                    return GraceCollector.Some(connection.Rows, DateTimeOffset.UtcNow, int.MaxValue).More;
                },
                CancellationToken.None);
        }

        await database.WriteAsync(
            connection =>
            {
                connection.Execute("""
                    UPDATE checkpoints SET trainer_bytes = trainer_bytes - side_bytes, side_bytes = 0, side_set = NULL;
                    PRAGMA defer_foreign_keys = ON;
                    DELETE FROM pieces WHERE frame IN (SELECT frame FROM side_files);
                    DELETE FROM frames WHERE id IN (SELECT frame FROM side_files);
                    DELETE FROM side_sets;
                    DELETE FROM side_files;
                    """);
                return true;
            },
            CancellationToken.None);
    }

    /// <summary>Rewrites a store that is not open.</summary>
    /// <param name="path">Its database.</param>
    /// <param name="schema">How many migrations there were.</param>
    public static void Rewrite(string path, int schema)
    {
        var made = path + ".old";
        File.Delete(made);
        using (var connection = new SqliteConnection($"Data Source={made};Pooling=False"))
        {
            connection.Open();
            Execute(
                connection,
                "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF;");
            Array.ForEach(Scripts()[..schema], script => Execute(connection, script));

            // What triggers would count is copied as it is.
            var triggers = Names(connection, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
            foreach (var name in Names(connection, "SELECT name FROM sqlite_schema WHERE type = 'trigger'"))
            {
                Execute(connection, $"DROP TRIGGER {name}");
            }

            Execute(connection, $"ATTACH '{path}' AS new");
            Execute(connection, "BEGIN");
            foreach (var table in
                Names(connection, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
            {
                var columns = string.Join(", ", Names(
                    connection, $"SELECT name FROM pragma_table_info('{table}', 'main') "
                    + $"INTERSECT SELECT name FROM pragma_table_info('{table}', 'new')"));
                Execute(connection, $"DELETE FROM main.{table}");
                Execute(connection, $"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
            }

            Execute(connection, $"PRAGMA main.application_id = {0x46495348}; PRAGMA main.user_version = {schema};");
            Execute(connection, "COMMIT");
            Execute(connection, "DETACH new");
            triggers.ForEach(trigger => Execute(connection, trigger));
            Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }

        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
        File.Move(made, path, overwrite: true);
    }

    /// <summary>
    /// The oldest schema that holds all that is in a store: the second does without branches, pins, and rebased checkpoints.
    /// </summary>
    /// <param name="path">The store's database, which nobody has open.</param>
    public static int OldestOf(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE proof IS NOT NULL OR pinned = 1) OR EXISTS (SELECT 1 FROM tasks WHERE "
            + "origin_task IS NOT NULL)";
        return command.ExecuteScalar() is 0L ? 2 : 5;
    }

    private static string[] Scripts()
    {
        var assembly = typeof(Storage.SqliteCheckpointStore).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        })];
    }

    private static List<string> Names(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
