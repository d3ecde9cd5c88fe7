namespace FishCheckpoint.Storage.Catalog;

/// <summary>What each day has added to the store (an empty base, task 0), a base (task 0) or a task.</summary>
internal static class GrowthTable
{
    /// <summary>What there is now.</summary>
    public static GrowthSum Now(CatalogConnection connection, byte[] @base, long task) => connection.Single(
        "SELECT 0, checkpoints, logical_bytes, position_bytes + value_bytes + state_bytes FROM totals WHERE base = $0 AND task = $1",
        ReadSum, @base, task)!;

    /// <summary>What each of some days has added, of those that have added something.</summary>
    public static List<(int Day, GrowthSum Sum)> Days(CatalogConnection connection, byte[] @base, long task, int first, int last) =>
        connection.Query(
        "SELECT day, checkpoints, logical_bytes, stored_bytes FROM growth WHERE base = $0 AND task = $1 AND day BETWEEN $2 AND $3",
        row => (row.GetInt32(0), ReadSum(row)), @base, task, first, last);

    /// <summary>What the days after one have added.</summary>
    public static GrowthSum After(CatalogConnection connection, byte[] @base, long task, int day) => connection.Single(
        "SELECT 0, coalesce(sum(checkpoints), 0), coalesce(sum(logical_bytes), 0), coalesce(sum(stored_bytes), 0) FROM growth WHERE base = $0 AND task = $1 AND day > $2",
        ReadSum, @base, task, day)!;

    private static GrowthSum ReadSum(CatalogRow row) => new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
}

/// <summary>Checkpoints, their bytes as full models, and their stored bytes.</summary>
internal sealed record GrowthSum(long Checkpoints, long Logical, long Stored)
{
    public static GrowthSum operator +(GrowthSum left, GrowthSum right) => new(
        left.Checkpoints + right.Checkpoints, left.Logical + right.Logical, left.Stored + right.Stored);

    public static GrowthSum operator -(GrowthSum left, GrowthSum right) => new(
        left.Checkpoints - right.Checkpoints, left.Logical - right.Logical, left.Stored - right.Stored);
}
