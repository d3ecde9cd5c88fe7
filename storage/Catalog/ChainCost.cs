using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// Maintains the columns <c>depth</c> and <c>chain_bytes</c>, so that saves and restores need not walk the chain. In the caller's
/// transaction.
/// </summary>
internal sealed partial class CheckpointTable
{
    // The descendants of the rows in "changed", once for each path.
    private const string Chained =
        "chained (id) AS (SELECT id FROM changed UNION ALL SELECT c.id FROM chained CROSS JOIN checkpoints c WHERE c.parent = chained.id)";

    private const string Add =
        """
        UPDATE checkpoints SET chain_bytes = chain_bytes + $1 * times
        FROM (SELECT id AS at, count(*) AS times FROM chained GROUP BY id) counted WHERE id = at
        """;

    public void GrowChains(long checkpoint, long bytes)
    {
        if (bytes != 0)
        {
            connection.Execute(
                $"""
                WITH RECURSIVE changed (id) AS (SELECT CAST($0 AS bigint)
                  UNION ALL SELECT c.id FROM changed CROSS JOIN checkpoints c WHERE c.reference = changed.id), {Chained} {Add}
                """,
                checkpoint, bytes);
        }
    }

    /// <summary>Adds to the bytes of a mask's frame in all chains that read it.</summary>
    public void GrowMask(Digest mask, long bytes)
    {
        if (bytes != 0)
        {
            connection.Execute(
                $"WITH RECURSIVE changed (id) AS (SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0), {Chained} {Add}", mask,
                bytes);
        }
    }

    public void ShiftChains(long checkpoint, long bytes, int deltas)
    {
        if (bytes != 0 || deltas != 0)
        {
            connection.Execute(
                $"""
                WITH RECURSIVE changed (id) AS (SELECT CAST($0 AS bigint)), {Chained}
                UPDATE checkpoints SET chain_bytes = chain_bytes + $1, depth = depth + $2 WHERE id IN (SELECT id FROM chained)
                """,
                checkpoint, bytes, deltas);
        }
    }
}
