using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// Deletes or restores all checkpoints of a task in the caller's transaction, with few statements because there may be many.
/// </summary>
internal sealed partial class DeletedTable
{
    public void MarkAllDeleted(long task, Grace grace)
    {
        var tags = connection.Query("SELECT checkpoint, name FROM tags WHERE task = $0 ORDER BY name", row =>
            (Checkpoint: row.GetInt64(0), Name: row.GetString(1)), task);
        foreach (var tagged in tags.GroupBy(tag => tag.Checkpoint, tag => tag.Name))
        {
            connection.Execute(
                "UPDATE checkpoints SET former_tags = $1 WHERE id = $0", tagged.Key, JsonSerializer.Serialize(tagged, FishJson.Options));
        }

        connection.Execute("DELETE FROM tags WHERE task = $0", task);
        connection.Execute(
            "UPDATE checkpoints SET deleted = 1, deleted_at = $1, expires = $2, with_task = 1 WHERE task = $0 AND deleted = 0", task,
            grace.Now, grace.Expires);

        // Moves accounted masks to visible checkpoints of other tasks that read them.
        foreach (var (id, mask, bytes) in connection.Query(
            "SELECT id, mask, brought_bytes FROM checkpoints WHERE task = $0 AND with_task = 1 AND blocks = 0 AND brought_bytes > 0",
            row => (row.GetInt64(0), row.Digest(1), row.GetInt64(2)), task))
        {
            if (connection.Scalar<long?>("SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0 AND deleted = 0 LIMIT 1",
                mask) is { } heir)
            {
                connection.Execute("UPDATE checkpoints SET brought_bytes = CASE WHEN id = $0 THEN 0 ELSE $2 END WHERE id IN ($0, $1)", id,
                    heir, bytes);
            }
        }

        foreach (var owner in connection.Query(
            "SELECT DISTINCT f.owner FROM side_files f JOIN checkpoints c ON c.id = f.owner WHERE c.task = $0 AND c.with_task = 1", row =>
                row.GetInt64(0), task))
        {
            connection.Rows.SideFiles.ReassignBytes(owner);
        }
    }

    public void ShowAll(long task)
    {
        foreach (var (id, tags) in connection.Query(
            "SELECT id, former_tags FROM checkpoints WHERE task = $0 AND with_task = 1 AND former_tags IS NOT NULL", row =>
                (row.GetInt64(0), row.GetString(1)), task))
        {
            foreach (var tag in DeletedTable.TagsOf(tags))
            {
                connection.Execute("INSERT INTO tags (task, name, checkpoint) VALUES ($0, $1, $2)", task, tag, id);
            }
        }

        connection.Execute(
            """
            UPDATE checkpoints SET deleted = 0, deleted_at = NULL, expires = NULL, former_tags = NULL, with_task = 0
            WHERE task = $0 AND with_task = 1
            """,
            task);

        // Masks that tombstones of other tasks have accounted for.
        foreach (var (mask, id) in connection.Query(
            "SELECT mask, min(id) FROM checkpoints WHERE task = $0 AND deleted = 0 AND blocks = 0 GROUP BY mask", row =>
                (row.Digest(0), row.GetInt64(1)), task))
        {
            if (connection.Rows.Masks.ClaimBytes(mask, visible: true) is > 0 and var bytes)
            {
                connection.Execute("UPDATE checkpoints SET brought_bytes = $1 WHERE id = $0", id, bytes);
            }
        }

        foreach (var id in connection.Query(
            "SELECT min(id) FROM checkpoints WHERE task = $0 AND deleted = 0 AND side_set IS NOT NULL GROUP BY side_set", row =>
                row.GetInt64(0), task))
        {
            connection.Rows.SideFiles.ClaimBytes(id);
        }
    }
}
