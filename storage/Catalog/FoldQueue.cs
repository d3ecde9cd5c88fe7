using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds the checkpoints to fold, oldest first and one at a time, by rows alone.</summary>
internal sealed class FoldQueue(CatalogConnection connection) : IFoldQueue
{
    private const string Select = $"SELECT {CheckpointColumns.Columns} FROM {CheckpointColumns.From} ";

    public long BytesOfCostly(long task, ChainBound bound) => connection.Scalar<long>(
        $"""
        SELECT coalesce(sum(c.chain_bytes), 0) FROM {CheckpointColumns.From} WHERE c.task = $0 AND c.deleted = 0 AND c.parent IS NOT NULL
          AND (c.depth > $3 OR $1 + c.chain_bytes > $2 * ($1 + c.chain_bytes - p.chain_bytes))
        """,
        task, bound.BaseBytes, bound.MaxReadCost, bound.MaxDeltas);

    public FoldCandidate? NextCostly(long task, long after, ChainBound bound) => connection.Single(
        Select + """
        WHERE c.task = $0 AND c.deleted = 0 AND c.id > $1 AND c.parent IS NOT NULL
          AND (c.depth > $4 OR $2 + c.chain_bytes > $3 * ($2 + c.chain_bytes - p.chain_bytes)) ORDER BY c.id LIMIT 1
        """,
        row => CheckpointColumns.Read(row) is var found ? new FoldCandidate(found, null, 0, found.ChainBytes) : null!,
        task, after, bound.BaseBytes, bound.MaxReadCost, bound.MaxDeltas);

    public FoldCandidate? NextOnDeleted(long task, long after) => connection.Single(
        Select + $"""
        WHERE c.task = $0 AND c.deleted = 0 AND c.id > $1 AND p.deleted = 1 AND p.expires IS NULL AND {IsNeededOnce("p")}
        ORDER BY c.id LIMIT 1
        """,
        row => SkipTombstones(CheckpointColumns.Read(row)), task, after);

    // Connected tombstones are freed together.
    private FoldCandidate SkipTombstones(CheckpointRow row)
    {
        var (freed, onto) = (0L, row.Parent);
        while (onto is { } id
            && connection.Single(Select + $"WHERE c.id = $0 AND c.deleted = 1 AND c.expires IS NULL AND {IsNeededOnce("c")}",
                CheckpointColumns.Read, id) is { } deleted)
        {
            (freed, onto) = (freed + deleted.FrameBytes + OwnMaskBytes(deleted), deleted.Parent);
        }

        var target = onto is { } found ? connection.Rows.Checkpoints.Row(found) : null;
        return new FoldCandidate(row, target, Math.Max(1, freed), row.ChainBytes - (target?.ChainBytes ?? 0));
    }

    private long OwnMaskBytes(CheckpointRow row) => row.IsBlocks ? 0 : connection.Scalar<long>(
        "SELECT bytes FROM masks WHERE id = $0 AND (SELECT count(*) FROM checkpoints WHERE mask = $0 AND blocks = 0) = 1", row.Mask);

    private static string IsNeededOnce(string row) =>
        $"""
        (SELECT count(*) FROM checkpoints n WHERE n.parent = {row}.id) = 1
          AND NOT EXISTS (SELECT 1 FROM checkpoints n WHERE n.reference = {row}.id)
          AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.origin = {row}.id)
        """;
}
