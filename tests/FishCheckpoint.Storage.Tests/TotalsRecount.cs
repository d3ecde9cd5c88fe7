using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Counts everything that the running totals say again, from the rows and frames themselves.</summary>
internal static class TotalsRecount
{
    private const string Scopes =
        "(SELECT id AS counted, x'' AS base, 0 AS task FROM tasks UNION ALL SELECT id, base, 0 FROM tasks UNION ALL SELECT id, base, id "
        + "FROM tasks)";

    public static void AssertEqual(string databasePath)
    {
        using var connection = SqliteCatalogConnection.OpenFile(databasePath);
        AssertSame(
            connection,
            """
            SELECT hex(base), task, tasks, checkpoints, logical_bytes, elements, changed, position_bytes, value_bytes, state_bytes, deltas,
              hidden, hidden_bytes, grace,
              grace_bytes FROM totals
            """,
            $"""
            SELECT hex(x.base), x.task, iif(x.task > 0, 0, (SELECT count(*) FROM tasks t WHERE t.former_name IS NULL
              AND x.base IN (x'', t.base))),
              count(c.id) FILTER (WHERE c.deleted = 0), {Visible("logical_bytes")}, {Visible("elements")}, {Visible("changed")},
              {Visible("brought_bytes")}, {Visible("value_bytes")}, {Visible("trainer_bytes")}, {Visible("depth")},
                count(c.id) FILTER (WHERE c.deleted = 1),
              coalesce(sum(c.brought_bytes + c.value_bytes + c.trainer_bytes) FILTER (WHERE c.deleted = 1), 0),
              count(c.expires), coalesce(sum(c.brought_bytes + c.value_bytes + c.trainer_bytes) FILTER (WHERE c.expires IS NOT NULL), 0)
            FROM (SELECT x'' AS base, 0 AS task UNION ALL SELECT id, 0 FROM bases UNION ALL SELECT base, id FROM tasks) x
            LEFT JOIN {Scopes} s ON s.base = x.base AND s.task = x.task LEFT JOIN checkpoints c ON c.task = s.counted
              GROUP BY x.base, x.task
            """);
        AssertSame(
            connection, "SELECT hex(base), task, depth, checkpoints FROM depths WHERE checkpoints <> 0",
            $"SELECT hex(s.base), s.task, c.depth, count(*) FROM checkpoints c JOIN {Scopes} s ON s.counted = c.task WHERE c.deleted = 0 "
            + "GROUP BY s.base, s.task, c.depth");
        AssertSame(
            connection, "SELECT hex(base), task, checkpoints, logical_bytes, position_bytes + value_bytes + state_bytes FROM totals",
            """
            SELECT hex(x.base), x.task, coalesce(sum(g.checkpoints), 0), coalesce(sum(g.logical_bytes), 0), coalesce(sum(g.stored_bytes), 0)
            FROM totals x LEFT JOIN growth g ON g.base = x.base AND g.task = x.task GROUP BY x.base, x.task
            """);
        AssertSame(
            connection, "SELECT count(*) FROM growth",
            "SELECT count(*) FROM growth g JOIN totals x ON x.base = g.base AND x.task = g.task");
        AssertSame(
            connection, "SELECT task, name, value, step FROM metrics",
            "SELECT c.task, m.key, CAST(m.value AS REAL), c.step FROM checkpoints c, json_each(c.metrics) m WHERE c.deleted = 0 AND m.type "
            + "IN ('integer', 'real')");
        AssertSame(
            connection, "SELECT sum(position_bytes + value_bytes + state_bytes + hidden_bytes) FROM totals WHERE task = 0 AND base = x''",
            "SELECT coalesce(sum(length(head) + payload), 0) FROM frames");
        AssertTensors(connection);
    }

    private static string Visible(string column) => $"coalesce(sum(c.{column}) FILTER (WHERE c.deleted = 0), 0)";

    private static void AssertSame(CatalogConnection connection, string kept, string counted) =>
        Assert.Equal(Rows(connection, counted), Rows(connection, kept));

    private static List<string> Rows(CatalogConnection connection, string sql) => [.. connection.Query(
        sql, row => string.Join(' ', Enumerable.Range(0, row.FieldCount).Select(row.OptionalText))).Order(StringComparer.Ordinal)];

    private static void AssertTensors(CatalogConnection connection)
    {
        var tasks = new TaskCatalog();
        foreach (var (id, name) in connection.Query("SELECT id, name FROM tasks", row => (row.GetInt64(0), row.GetString(1))))
        {
            var layout = tasks.Context(connection.Rows, name).Layout.Layout;
            Assert.Equal(Count(connection, id, layout), connection.Rows.Tensors.Read(id, layout.Tensors.Count));
        }
    }

    private static TensorTotals[] Count(CatalogConnection connection, long task, Tensors.Layout layout)
    {
        var totals = new TensorTotals[layout.Tensors.Count];
        foreach (var (frame, mask, blocks, brought) in connection.Query(
            "SELECT c.frame, m.frame, c.blocks, c.brought_bytes FROM checkpoints c JOIN masks m ON m.id = c.mask WHERE c.task = $0 AND "
            + "c.deleted = 0",
            row => (row.GetInt64(0), row.OptionalLong(1), row.GetInt64(2) != 0, row.GetInt64(3)), task))
        {
            var values = connection.Rows.Frames.Open(frame);
            var head = FrameHead.Parse(values.Head);
            var positions = blocks ? [] : ChunkIndex.ReadMask(
                connection.Rows.Frames.Open(mask!.Value), FrameHead.Parse(connection.Rows.Frames.Open(mask.Value).Head), layout);
            var entries = blocks ? ChunkIndex.ReadBlocks(values, head, layout)
                : ChunkIndex.ReadValues(values, head, FrameHead.Parse(connection.Rows.Frames.Open(mask!.Value).Head), positions);
            foreach (var tensor in entries.Select(entry => entry.Tensor).Distinct())
            {
                var own = entries.Where(entry => entry.Tensor == tensor).ToArray();
                var at = blocks ? own.Sum(entry => entry.Length * brought / NewFrame.BytesOf(values))
                    : brought > 0 ? positions.Where(entry => entry.Tensor == tensor).Sum(entry => (long)entry.Length) : 0;
                totals[tensor] += new TensorTotals(
                    1, own.Sum(entry => (long)entry.Count), at, own.Sum(entry => (long)entry.Length) - (blocks ? at : 0));
            }
        }

        return totals;
    }
}
