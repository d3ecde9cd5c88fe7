using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// Keeps the columns <c>depth</c> and <c>chain_bytes</c> what a walk along each chain would find, so that no save and no restore has to
/// walk it. In the caller's transaction.
/// </summary>
internal sealed partial class CheckpointTable
{
    // Everything that is based on what is listed in "changed", once for each way there.
    private const string Laid =
        "laid (id) AS (SELECT id FROM changed UNION ALL SELECT c.id FROM laid CROSS JOIN checkpoints c WHERE c.parent = laid.id)";

    private const string Add =
        "UPDATE checkpoints SET chain_bytes = chain_bytes + $1 * times FROM (SELECT id AS at, count(*) AS times FROM laid "
            + "GROUP BY id) counted WHERE id = at";

    public void ChainGrew(long checkpoint, long bytes)
    {
        if (bytes != 0)
        {
            connection.Execute(
                $"""
                WITH RECURSIVE changed (id) AS (SELECT CAST($0 AS bigint)
                  UNION ALL SELECT c.id FROM changed CROSS JOIN checkpoints c WHERE c.reference = changed.id), {Laid} {Add}
                """,
                checkpoint, bytes);
        }
    }

    /// <summary>A mask's frame has so many bytes more now.</summary>
    public void MaskGrew(Digest mask, long bytes)
    {
        if (bytes != 0)
        {
            connection.Execute(
                $"WITH RECURSIVE changed (id) AS (SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0), {Laid} {Add}", mask, bytes);
        }
    }

    public void ShiftChains(long checkpoint, long bytes, int deltas)
    {
        if (bytes != 0 || deltas != 0)
        {
            connection.Execute(
                $"""
                WITH RECURSIVE changed (id) AS (SELECT CAST($0 AS bigint)), {Laid}
                UPDATE checkpoints SET chain_bytes = chain_bytes + $1, depth = depth + $2 WHERE id IN (SELECT id FROM laid)
                """,
                checkpoint, bytes, deltas);
        }
    }
}
