using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of tags.</summary>
internal sealed class TagTable(CatalogConnection connection) : ITagChanges
{
    public List<string> Of(long checkpoint) =>
        connection.Query("SELECT name FROM tags WHERE checkpoint = $0 ORDER BY name", row => row.GetString(0), checkpoint);

    public List<string> Take(long checkpoint)
    {
        var tags = Of(checkpoint);
        connection.Execute("DELETE FROM tags WHERE checkpoint = $0", checkpoint);
        return tags;
    }

    public void Set(long task, string tag, long checkpoint) => connection.Execute(
        """
        INSERT INTO tags (task, name, checkpoint) VALUES ($0, $1, $2)
        ON CONFLICT (task, name) DO UPDATE SET checkpoint = excluded.checkpoint
        """,
        task, tag, checkpoint);

    public bool Remove(long task, string tag) =>
        connection.Execute("DELETE FROM tags WHERE task = $0 AND name = $1", task, tag) > 0;
}
