namespace FishCheckpoint.Storage.Catalog;

/// <summary>The running totals of the store, its bases and its tasks.</summary>
internal static class TotalsTable
{
    /// <summary>Does the work, and measures by how much that shrinks what is stored, deleted checkpoints included.</summary>
    public static (T Result, long Freed) Freed<T>(CatalogConnection connection, Func<T> work)
    {
        var before = Of(connection);
        var result = work();
        return (result, before - Of(connection));
    }

    private static long Of(CatalogConnection connection) =>
        connection.Scalar<long>("SELECT position_bytes + value_bytes + state_bytes + hidden_bytes FROM totals WHERE base = x'' AND task = 0");

    /// <summary>Bytes of deleted checkpoints that are still there for the sake of others, though their grace is over.</summary>
    public static long Held(CatalogConnection connection) => connection.Scalar<long>("SELECT hidden_bytes - grace_bytes FROM totals WHERE base = x'' AND task = 0");
}
