namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of tags.</summary>
internal static class TagTable
{
    /// <summary>Takes its tags from a checkpoint.</summary>
    /// <returns>Their names.</returns>
    public static List<string> Take(CatalogConnection connection, long checkpoint)
    {
        var tags = connection.Query("SELECT name FROM tags WHERE checkpoint = $0 ORDER BY name", row => row.GetString(0), checkpoint);
        connection.Execute("DELETE FROM tags WHERE checkpoint = $0", checkpoint);
        return tags;
    }

    /// <summary>Sets a tag of a task on a checkpoint, wherever it was.</summary>
    public static void Set(CatalogConnection connection, long task, string tag, long checkpoint) => connection.Execute(
        "INSERT INTO tags (task, name, checkpoint) VALUES ($0, $1, $2) ON CONFLICT (task, name) DO UPDATE SET checkpoint = excluded.checkpoint",
        task, tag, checkpoint);

    /// <summary>Removes a tag of a task.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Remove(CatalogConnection connection, long task, string tag) =>
        connection.Execute("DELETE FROM tags WHERE task = $0 AND name = $1", task, tag) > 0;
}
