using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>What the rows of tasks answer by themselves, without a layout.</summary>
internal static class TaskRows
{
    /// <summary>Whether a task has a name.</summary>
    public static bool Exists(CatalogConnection connection, string name) =>
        connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM tasks WHERE name = $0)", name) > 0;

    /// <summary>The row of the task that has a name.</summary>
    public static long? IdOf(CatalogConnection connection, string name) =>
        connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", name);

    /// <summary>The name of a task that is not deleted, or the one that stands for it.</summary>
    public static string? NameOf(CatalogConnection connection, long id) =>
        connection.Scalar<string?>("SELECT name FROM tasks WHERE id = $0", id);

    /// <summary>The base of a task.</summary>
    public static Digest BaseOf(CatalogConnection connection, long id) =>
        Digest.From(connection.Scalar<byte[]>("SELECT base FROM tasks WHERE id = $0", id));

    /// <summary>The own tensors of a task, as stored.</summary>
    public static string TensorsOf(CatalogConnection connection, long id) =>
        connection.Scalar<string>("SELECT tensors FROM tasks WHERE id = $0", id);

    /// <summary>The names of all tasks that are not deleted, the oldest first.</summary>
    public static List<string> Names(CatalogConnection connection) =>
        connection.Query("SELECT name FROM tasks WHERE former_name IS NULL ORDER BY id", row => row.GetString(0));

    /// <summary>The names of the tasks that have visible checkpoints.</summary>
    public static List<string> NamesWithCheckpoints(CatalogConnection connection) => connection.Query(
        "SELECT t.name FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id WHERE x.checkpoints > 0 ORDER BY t.name",
        row => row.GetString(0));

    /// <summary>The names of the tasks on a base that are not deleted.</summary>
    public static List<string> NamesOnBase(CatalogConnection connection, Digest id) =>
        connection.Query("SELECT name FROM tasks WHERE base = $0 AND former_name IS NULL", row => row.GetString(0), id);

    /// <summary>The tasks on a base, deleted ones included.</summary>
    public static List<long> OnBase(CatalogConnection connection, Digest id) =>
        connection.Query("SELECT id FROM tasks WHERE base = $0 ORDER BY name", row => row.GetInt64(0), id);

    /// <summary>All tasks, deleted ones included, with the layouts that they were made with.</summary>
    public static List<(long Id, string Name, Digest Layout)> Layouts(CatalogConnection connection) =>
        connection.Query("SELECT id, name, layout FROM tasks", row => (row.GetInt64(0), row.GetString(1), row.Digest(2)));

    /// <summary>Sets the bytes that a task may store; <see langword="null"/> for no limit.</summary>
    public static void SetQuota(CatalogConnection connection, long id, long? bytes) =>
        connection.Execute("UPDATE tasks SET quota_bytes = $1 WHERE id = $0", id, bytes);

    /// <summary>Takes a task out of view, under a name that no task can have: the one that it had is free.</summary>
    public static void Hide(CatalogConnection connection, long id, DateTimeOffset now, DateTimeOffset expires) => connection.Execute(
        "UPDATE tasks SET former_name = name, name = '~' || id, deleted_at = $1, expires = $2 WHERE id = $0", id, now, expires);

    /// <summary>Forgets the checkpoint that a task starts from.</summary>
    /// <returns>That checkpoint.</returns>
    public static long? GiveUpOrigin(CatalogConnection connection, long id)
    {
        var origin = connection.Scalar<long?>("SELECT origin FROM tasks WHERE id = $0", id);
        connection.Execute("UPDATE tasks SET origin = NULL WHERE id = $0", id);
        return origin;
    }

    /// <summary>Deletes the row of a task.</summary>
    public static void Delete(CatalogConnection connection, long id) => connection.Execute("DELETE FROM tasks WHERE id = $0", id);
}
