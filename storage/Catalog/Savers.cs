namespace FishCheckpoint.Storage.Catalog;

/// <summary>The keys that checkpoints were saved with.</summary>
internal static class Savers
{
    /// <summary>The key that a step's checkpoint was saved with.</summary>
    public static string? At(CatalogConnection connection, string task, long step) =>
        connection.Scalar<string?>(
            "SELECT saved_by FROM checkpoints WHERE task = (SELECT id FROM tasks WHERE name = $0) AND step = $1 AND deleted = 0", task, step);

    /// <summary>The key that a checkpoint was saved with.</summary>
    public static string? Of(CatalogConnection connection, long checkpoint) =>
        connection.Scalar<string?>("SELECT saved_by FROM checkpoints WHERE id = $0", checkpoint);

    /// <summary>The keys that the visible checkpoints of a task were saved with.</summary>
    public static List<string> OfTask(CatalogConnection connection, string task) => connection.Query(
        "SELECT DISTINCT saved_by FROM checkpoints "
        + "WHERE task = (SELECT id FROM tasks WHERE name = $0) AND deleted = 0 AND saved_by IS NOT NULL",
        row => row.GetString(0), task);
}
