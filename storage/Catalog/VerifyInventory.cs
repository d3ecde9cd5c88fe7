using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Lists the stored items without reading them.</summary>
internal sealed partial class VerifiedTable
{
    public List<VerifyItem> Inventory(bool quick, long? task)
    {
        var time = quick ? "v.quick" : "v.full";

        // Digests in names are formatted by the program, so these names are looked up here instead of in SQL.
        var known = connection.Query(
            $"""
            SELECT item, stamp, {time} FROM verified v
            WHERE item BETWEEN 'base ' AND 'base!' OR item BETWEEN 'mask ' AND 'mask!' OR item BETWEEN 'side file ' AND 'side file!'
            """,
            row => (Item: row.GetString(0), Stamp: row.GetString(1), Time: row.OptionalLong(2)))
                .ToDictionary(row => row.Item, StringComparer.Ordinal);
        VerifyItem Known(VerifyItem item) => known.TryGetValue(item.Name, out var at) && at.Stamp == item.Stamp
            ? item with { Verified = at.Time } : item;
        return
        [
            Database(time),
            .. connection.Query(
                $"""
                SELECT f.base, f.name, f.bytes FROM base_files f
                WHERE CAST($0 AS bigint) IS NULL OR f.base = (SELECT base FROM tasks WHERE id = $0) ORDER BY f.base, f.name
                """,
                row => Known(new VerifyItem(ItemKind.BaseFile, 0, $"base {Hex(row, 0)}/{row.GetString(1)}", "", row.GetInt64(2), null)
                {
                    Id = row.Digest(0), File = row.GetString(1),
                }),
                task),
            .. connection.Query(
                $"""
                SELECT m.id, m.frame, m.frame || ' ' || m.bytes stamp, m.bytes FROM masks m
                WHERE m.frame IS NOT NULL AND (CAST($0 AS bigint) IS NULL
                  OR EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = m.id AND c.blocks = 0 AND c.task = $0))
                """,
                row => Known(
                    new VerifyItem(ItemKind.Mask, row.GetInt64(1), $"mask {Hex(row, 0)}", row.GetString(2), row.GetInt64(3),
                        null) { Id = row.Digest(0) }),
                task),
            .. connection.Query(
                $"""
                SELECT c.id, c.created || ' ' || c.frame || ' ' || c.value_bytes stamp, c.value_bytes + c.blocks * c.brought_bytes, {time},
                  c.task, c.parent, c.mask, c.blocks, c.reference_depth
                FROM checkpoints c LEFT JOIN verified v ON v.item = 'checkpoint ' || c.id
                  AND v.stamp = c.created || ' ' || c.frame || ' ' || c.value_bytes
                WHERE CAST($0 AS bigint) IS NULL OR c.task = $0
                """,
                Values,
                task),
            .. connection.Query(
                $"""
                SELECT c.id, c.created || ' ' || c.trainer_frame || ' ' || (c.trainer_bytes - c.side_bytes) stamp,
                  c.trainer_bytes - c.side_bytes, {time}
                FROM checkpoints c LEFT JOIN verified v ON v.item = 'state ' || c.id
                  AND v.stamp = c.created || ' ' || c.trainer_frame || ' ' || (c.trainer_bytes - c.side_bytes)
                WHERE c.trainer_frame IS NOT NULL AND (CAST($0 AS bigint) IS NULL OR c.task = $0)
                """,
                row => new VerifyItem(ItemKind.TrainerState, row.GetInt64(0), $"state {row.GetInt64(0)}", row.GetString(1), row.GetInt64(2),
                    row.OptionalLong(3)),
                task),
            .. connection.Query(
                $"""
                SELECT s.id, s.frame || ' ' || s.bytes stamp, length(f.head) + f.payload, s.sha256
                FROM side_files s LEFT JOIN frames f ON f.id = s.frame
                WHERE CAST($0 AS bigint) IS NULL
                  OR EXISTS (SELECT 1 FROM side_sets t JOIN checkpoints c ON c.side_set = t.id WHERE t.file = s.id AND c.task = $0)
                """,
                row => Known(SideFile(row)),
                task),
        ];
    }

    private VerifyItem Database(string time) => new(
        ItemKind.Database, 0, "database", "", 0, connection.Scalar<long?>($"SELECT {time} FROM verified v WHERE item = 'database'"));

    private static VerifyItem Values(CatalogRow row)
    {
        var blocks = row.GetInt64(7) != 0;
        return new VerifyItem(ItemKind.Values, row.GetInt64(0), $"checkpoint {row.GetInt64(0)}", row.GetString(1), row.GetInt64(2),
            row.OptionalLong(3))
        {
            Family = new Family(row.GetInt64(4), row.OptionalLong(5) ?? 0, blocks ? null : row.Digest(6), !blocks && !row.IsDBNull(8)),
        };
    }

    private static VerifyItem SideFile(CatalogRow row) => new(
        ItemKind.SideFile, row.GetInt64(0), $"side file {Hex(row, 3)}", row.GetString(1), row.OptionalLong(2) ?? 0,
        null) { Id = row.Digest(3) };

    private static string Hex(CatalogRow row, int column) => Convert.ToHexString(row.Bytes(column));
}
