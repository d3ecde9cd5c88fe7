using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The growth per day of the store (an empty base, task 0), a base (task 0) or a task.</summary>
internal sealed class GrowthTable(CatalogConnection connection) : IGrowthRows
{
    public GrowthSum Now(byte[] @base, long task) => connection.Single(
        "SELECT 0, checkpoints, logical_bytes, position_bytes + value_bytes + state_bytes FROM totals WHERE base = $0 AND task = $1",
        ReadSum, @base, task)!;

    public List<(int Day, GrowthSum Sum)> Days(byte[] @base, long task, int first, int last) =>
        connection.Query(
        "SELECT day, checkpoints, logical_bytes, stored_bytes FROM growth WHERE base = $0 AND task = $1 AND day BETWEEN $2 AND $3",
        row => (row.GetInt32(0), ReadSum(row)), @base, task, first, last);

    public GrowthSum After(byte[] @base, long task, int day) => connection.Single(
        """
        SELECT 0, coalesce(sum(checkpoints), 0), coalesce(sum(logical_bytes), 0), coalesce(sum(stored_bytes), 0) FROM growth
        WHERE base = $0 AND task = $1 AND day > $2
        """,
        ReadSum, @base, task, day)!;

    private static GrowthSum ReadSum(CatalogRow row) => new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
}
