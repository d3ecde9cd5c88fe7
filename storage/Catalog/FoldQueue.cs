using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds what can be folded, by rows alone, the oldest first: one after another, so that no list of them is held.</summary>
internal static class FoldQueue
{
    private const string Select = $"SELECT {CheckpointRow.Columns} FROM {CheckpointRow.From} ";

    /// <summary>Bytes of frames that are read for all checkpoints of a task that cost too much now; less by the time, as what they lie on is folded.</summary>
    public static long BytesOfCostly(CatalogConnection connection, long task, ChainBound bound) => connection.Scalar<long>(
        $"""
        SELECT coalesce(sum(c.chain_bytes), 0) FROM {CheckpointRow.From} WHERE c.task = $0 AND c.deleted = 0 AND c.parent IS NOT NULL
          AND (c.depth > $3 OR $1 + c.chain_bytes > $2 * ($1 + c.chain_bytes - p.chain_bytes))
        """,
        task, bound.BaseBytes, bound.MaxReadCost, bound.MaxDeltas);

    /// <summary>The next checkpoint of a task that costs too much to read.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last one's row; -1 for the first.</param>
    /// <param name="bound">What a read may cost.</param>
    public static Foldable? NextCostly(CatalogConnection connection, long task, long after, ChainBound bound) => connection.Single(
        Select + """
        WHERE c.task = $0 AND c.deleted = 0 AND c.id > $1 AND c.parent IS NOT NULL
          AND (c.depth > $4 OR $2 + c.chain_bytes > $3 * ($2 + c.chain_bytes - p.chain_bytes)) ORDER BY c.id LIMIT 1
        """,
        row => CheckpointRow.Read(row) is var found ? new Foldable(found, null, 0, found.ChainBytes) : null!,
        task, after, bound.BaseBytes, bound.MaxReadCost, bound.MaxDeltas);

    /// <summary>The next checkpoint of a task that lies on a deleted one which nothing else needs.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last one's row; -1 for the first.</param>
    public static Foldable? NextOnDeleted(CatalogConnection connection, long task, long after) => connection.Single(
        Select + $"WHERE c.task = $0 AND c.deleted = 0 AND c.id > $1 AND p.deleted = 1 AND p.expires IS NULL AND {IsNeededOnce("p")} ORDER BY c.id LIMIT 1",
        row => PastTheDeleted(connection, CheckpointRow.Read(row)), task, after);

    // Deleted ones that lie on each other go together.
    private static Foldable PastTheDeleted(CatalogConnection connection, CheckpointRow row)
    {
        var (freed, onto) = (0L, row.Parent);
        while (onto is { } id && connection.Single(Select + $"WHERE c.id = $0 AND c.deleted = 1 AND c.expires IS NULL AND {IsNeededOnce("c")}", CheckpointRow.Read, id) is { } deleted)
        {
            (freed, onto) = (freed + deleted.FrameBytes + OwnMaskBytes(connection, deleted), deleted.Parent);
        }

        var target = onto is { } found ? CheckpointTable.Row(connection, found) : null;
        return new Foldable(row, target, Math.Max(1, freed), row.ChainBytes - (target?.ChainBytes ?? 0));
    }

    private static long OwnMaskBytes(CatalogConnection connection, CheckpointRow row) => row.IsBlocks ? 0 : connection.Scalar<long>(
        "SELECT bytes FROM masks WHERE id = $0 AND (SELECT count(*) FROM checkpoints WHERE mask = $0 AND blocks = 0) = 1", row.Mask);

    private static string IsNeededOnce(string row) =>
        $"(SELECT count(*) FROM checkpoints n WHERE n.parent = {row}.id) = 1 AND NOT EXISTS (SELECT 1 FROM checkpoints n WHERE n.reference = {row}.id) "
        + $"AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.origin = {row}.id)";
}
