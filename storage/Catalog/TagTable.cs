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
}
