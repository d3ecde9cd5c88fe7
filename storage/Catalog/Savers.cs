
namespace FishCheckpoint.Storage.Catalog;

/// <summary>The keys that saved checkpoints.</summary>
internal sealed partial class Quotas
{
    public string? SaverAt(string task, long step) =>
        connection.Scalar<string?>(
            "SELECT saved_by FROM checkpoints WHERE task = (SELECT id FROM tasks WHERE name = $0) AND step = $1 AND deleted = 0", task,
            step);

    public string? SaverOf(long checkpoint) =>
        connection.Scalar<string?>("SELECT saved_by FROM checkpoints WHERE id = $0", checkpoint);

    public List<string> SaversOf(string task) => connection.Query(
        """
        SELECT DISTINCT saved_by FROM checkpoints
        WHERE task = (SELECT id FROM tasks WHERE name = $0) AND deleted = 0 AND saved_by IS NOT NULL
        """,
        row => row.GetString(0), task);
}
