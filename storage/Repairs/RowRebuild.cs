using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Corrects rows from the heads of their frames. A head has a checksum, the mask, the parent's state and the digest of the values, which
/// together give the checkpoint's own state. Uncertain rows are left for the verification.
/// </summary>
internal static class RowRebuild
{
    public static void Run(CatalogConnection connection, RepairLog log)
    {
        var heads = Heads(connection);
        connection.Execute("CREATE INDEX rebuild_by_state ON checkpoints (state)");
        Masks(connection, heads, log);
        var byState = heads.Where(head => head.Value.Kind is FrameKind.Values or FrameKind.Blocks)
            .ToLookup(head => StateOf(head.Value), head => head.Key);
        var rows = connection.Query("SELECT id, frame, coalesce(proof, state) FROM checkpoints ORDER BY id", row =>
            (Id: row.GetInt64(0), Frame: row.GetInt64(1), State: row.IsDBNull(2) ? null : row.Bytes(2)));
        var taken = rows.Select(row => row.Frame).ToHashSet();
        foreach (var (id, frame, state) in rows)
        {
            if (state is not byte[] { Length: Digest.Size } bytes)
            {
                continue;
            }

            var (own, found) = (Digest.From(bytes), frame);
            if (!heads.TryGetValue(frame, out var head) || head.Kind is not (FrameKind.Values or FrameKind.Blocks) || StateOf(head) != own)
            {
                found = byState[own].FirstOrDefault(other => !taken.Contains(other));
                if (found == 0)
                {
                    continue;
                }

                head = heads[found];
                taken.Add(found);
            }

            Correct(connection, log, id, found, head);
        }

        Bases(connection, heads, log);
        Depths(connection);
        connection.Execute("DROP INDEX rebuild_by_state");
    }

    // If the frame's parent is the state of the task's base, the checkpoint is based on the base.
    private static void Bases(CatalogConnection connection, SortedDictionary<long, FrameHead> heads, RepairLog log)
    {
        foreach (var (id, frame, state) in connection.Query(
            "SELECT c.id, c.frame, t.base, t.layout FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE c.parent IS NOT NULL",
            row => (row.GetInt64(0), row.GetInt64(1), StateIdentity.OfBase(row.Digest(2), row.Digest(3)))))
        {
            if (heads.TryGetValue(frame, out var head) && head.Digests.Count == 4 && head.Digests[2] == state)
            {
                connection.Execute("UPDATE checkpoints SET parent = NULL WHERE id = $0", id);
                log.Rebuilt.Add($"The row of checkpoint {id} was corrected from its frame.");
            }
        }
    }

    private static Digest StateOf(FrameHead head) => StateIdentity.OfDelta(head.Digests[2], head.Digests[1], head.Digests[3]);

    private static void Correct(CatalogConnection connection, RepairLog log, long id, long frame, FrameHead head)
    {
        var (blocks, size) = (head.Kind == FrameKind.Blocks ? 1 : 0,
            connection.Scalar<long>("SELECT length(head) + payload FROM frames WHERE id = $0", frame));
        var changed = connection.Execute(
            """
            UPDATE checkpoints SET frame = $1, mask = $2, changed = $3, blocks = $4,
              value_bytes = $5 - iif($4 = 1 AND brought_bytes BETWEEN 0 AND $5, brought_bytes, 0),
              brought_bytes = iif($4 = 1 AND brought_bytes NOT BETWEEN 0 AND $5, 0, brought_bytes),
              metrics = iif(json_valid(metrics), metrics, '{}'), metadata = iif(json_valid(metadata), metadata, '{}')
            WHERE id = $0 AND ((frame, mask, changed, blocks, value_bytes) IS NOT ($1, $2, $3, $4, $5 - $4 * brought_bytes)
              OR NOT json_valid(metrics) OR NOT json_valid(metadata))
            """,
            id, frame, head.Digests[1], head.Count, blocks, size);

        // The parent has the state that the frame names. It belongs to the task, or to another one at a branch point.
        changed += connection.Execute(
            """
            UPDATE checkpoints SET parent = (
              SELECT p.id FROM checkpoints p WHERE p.state = $1 AND p.id <> $0
              ORDER BY p.task <> (SELECT task FROM checkpoints WHERE id = $0), p.id LIMIT 1)
            WHERE id = $0 AND EXISTS (SELECT 1 FROM checkpoints p WHERE p.state = $1 AND p.id <> $0)
              AND (SELECT p.state FROM checkpoints p WHERE p.id = checkpoints.parent) IS NOT $1
            """,
            id, head.Digests[2]);
        if (changed > 0)
        {
            log.Rebuilt.Add($"The row of checkpoint {id} was corrected from its frame.");
        }
    }

    // Inserts missing rows of masks, from their frames or from frames of blocks.
    private static void Masks(CatalogConnection connection, SortedDictionary<long, FrameHead> heads, RepairLog log)
    {
        foreach (var (frame, head) in heads.Where(head => head.Value.Kind == FrameKind.Mask))
        {
            if (connection.Execute(
                """
                INSERT INTO masks (id, frame, count, bytes) SELECT $0, id, $2, length(head) + payload FROM frames WHERE id = $1
                ON CONFLICT (id) DO UPDATE SET frame = excluded.frame, count = excluded.count, bytes = excluded.bytes
                WHERE (frame, count, bytes) IS NOT (excluded.frame, excluded.count, excluded.bytes)
                  AND NOT EXISTS (SELECT 1 FROM frames f WHERE f.id = masks.frame AND f.id <> excluded.frame)
                """,
                head.Digests[1], frame, head.Count) > 0)
            {
                log.Rebuilt.Add($"The row of mask {head.Digests[1]} was rebuilt from its frame.");
            }
        }

        connection.Execute(
            "INSERT OR IGNORE INTO masks (id, frame, count, bytes) SELECT mask, NULL, changed, 0 FROM checkpoints WHERE blocks = 1");
    }

    private static void Depths(CatalogConnection connection) => connection.Execute(
        """
        WITH RECURSIVE chain (id, depth) AS (SELECT id, 1 FROM checkpoints WHERE parent IS NULL UNION ALL
          SELECT c.id, chain.depth + 1 FROM checkpoints c JOIN chain ON c.parent = chain.id WHERE chain.depth < 100000)
        UPDATE checkpoints SET depth = (SELECT depth FROM chain WHERE chain.id = checkpoints.id) WHERE id IN (SELECT id FROM chain)
        """);

    private static SortedDictionary<long, FrameHead> Heads(CatalogConnection connection)
    {
        var heads = new SortedDictionary<long, FrameHead>();
        foreach (var id in connection.Query("SELECT id FROM frames", row => row.GetInt64(0)))
        {
            try
            {
                heads.Add(id, FrameHead.Parse(connection.Scalar<byte[]>("SELECT head FROM frames WHERE id = $0", id)));
            }
            catch (FishException)
            {
                // The verification reports it.
            }
        }

        return heads;
    }
}
