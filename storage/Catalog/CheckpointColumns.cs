using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The columns of a <see cref="CheckpointRow"/>.</summary>
internal static class CheckpointColumns
{
    public const string Columns =
        """
        c.id, c.step, c.parent, c.depth, c.mask, m.frame, m.bytes, c.frame, c.headers, c.state, c.changed, c.logical_bytes,
          c.brought_bytes, c.value_bytes, c.file_sha256, c.metrics, c.trainer_frame, c.trainer_bytes, c.created, p.step, c.blocks,
          c.reference, c.reference_depth, c.task, (SELECT coalesce(former_name, name) FROM tasks WHERE id = c.task), c.proof,
          c.chain_bytes, (SELECT coalesce(former_name, name) FROM tasks WHERE id = p.task AND p.task <> c.task), c.deleted,
          c.pinned, p.state, c.metadata, c.side_set, c.side_bytes
        """;

    public const string From = "checkpoints c JOIN masks m ON m.id = c.mask LEFT JOIN checkpoints p ON p.id = c.parent";

    public static CheckpointRow Read(CatalogRow row) => new(
        row.GetInt64(0), row.GetInt64(1), row.OptionalLong(2), row.GetInt32(3), row.Digest(4), row.GetInt64(20) != 0 ? null
            : row.OptionalLong(5),
        row.GetInt64(20) != 0 ? row.GetInt64(12) : row.GetInt64(6), row.GetInt64(7),
        row.OptionalDigest(8), row.Digest(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13),
        row.OptionalDigest(14),
        row.GetString(15), row.OptionalLong(16), row.GetInt64(17), row.Time(18), row.OptionalLong(19), row.GetInt64(20) != 0,
        row.OptionalLong(21), (int?)row.OptionalLong(22), row.GetInt64(23), row.GetString(24), row.OptionalDigest(25), row.GetInt64(26),
        row.OptionalText(27),
        row.GetInt64(28) != 0, row.GetInt64(29) != 0, row.OptionalDigest(30), row.GetString(31), row.OptionalDigest(32), row.GetInt64(33));
}
