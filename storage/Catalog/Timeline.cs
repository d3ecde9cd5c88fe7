using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>A task's visible checkpoints and metrics along its steps.</summary>
internal sealed class Timeline(CatalogConnection connection) : ITimelineRows
{
    public long? FirstStep(long task, long from) =>
        connection.Scalar<long?>("SELECT min(step) FROM checkpoints WHERE task = $0 AND deleted = 0 AND step >= $1", task, from);

    public long? LastStep(long task, long to) =>
        connection.Scalar<long?>("SELECT max(step) FROM checkpoints WHERE task = $0 AND deleted = 0 AND step <= $1", task, to);

    public List<TimelinePoint> Points(long task, long from, long to, long stride) => connection.Query(
        """
        WITH RECURSIVE sampled (step) AS (
          SELECT CAST($1 AS bigint)
          UNION ALL SELECT (
            SELECT min(c.step) FROM checkpoints c WHERE c.task = $0 AND c.deleted = 0 AND c.step >= sampled.step + $3 AND c.step < $2)
          FROM sampled WHERE sampled.step IS NOT NULL)
        SELECT c.step, c.created, c.changed, c.brought_bytes + c.value_bytes + c.trainer_bytes, c.depth, c.metrics,
          (SELECT string_agg(t.name, ' ' ORDER BY t.name) FROM tags t WHERE t.checkpoint = c.id)
        FROM (SELECT step FROM sampled WHERE step IS NOT NULL UNION SELECT $2) points
        CROSS JOIN checkpoints c WHERE c.task = $0 AND c.deleted = 0 AND c.step = points.step ORDER BY points.step
        """,
        row => new TimelinePoint(
            row.GetInt64(0), row.Time(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), row.OptionalText(6)?.Split(' ') ?? [],
            JsonSerializer.Deserialize<Dictionary<string, double>>(row.GetString(5), FishJson.Options)!),
        task, from, to, stride);

    public List<MetricRange> Metrics(long task, int most) => connection.Query(
        """
        WITH RECURSIVE names (name, number) AS (
          SELECT (SELECT min(name) FROM metrics WHERE task = $0), 1
          UNION ALL SELECT (SELECT min(m.name) FROM metrics m WHERE m.task = $0 AND m.name > names.name), number + 1
            FROM names WHERE names.name IS NOT NULL AND number < $1),
        ranges (name, least, greatest) AS (
          SELECT name, (SELECT min(value) FROM metrics m WHERE m.task = $0 AND m.name = names.name),
            (SELECT max(value) FROM metrics m WHERE m.task = $0 AND m.name = names.name) FROM names WHERE name IS NOT NULL)
        SELECT name, least, (SELECT max(step) FROM metrics m WHERE m.task = $0 AND m.name = ranges.name AND m.value = least),
          greatest, (SELECT max(step) FROM metrics m WHERE m.task = $0 AND m.name = ranges.name AND m.value = greatest)
        FROM ranges ORDER BY name
        """,
        row => new MetricRange(row.GetString(0), row.GetDouble(1), row.GetInt64(2), row.GetDouble(3), row.GetInt64(4)), task, most);
}
