using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of tasks.</summary>
internal sealed class TaskTable(CatalogConnection connection) : ITaskChanges
{
    private const string Columns =
        $"""
        t.name, t.base, t.layout, t.description, t.metadata, t.retention, t.tensors,
          (SELECT checkpoints FROM totals x WHERE x.base = t.base AND x.task = t.id), t.created,
          (SELECT max(step) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0), t.id,
          (SELECT min(n.name) FROM base_names n WHERE n.base = t.base), t.quota_bytes, t.origin_task, t.origin_step,
          (SELECT created FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0 ORDER BY c.step DESC LIMIT 1),
          (SELECT step FROM metrics m WHERE m.task = t.id AND m.name = {Monitor} AND m.value = {BestValue} ORDER BY step DESC LIMIT 1),
          {BestValue}
        """;

    private const string Monitor = "t.retention ->> 'monitor'";

    // Each is one end of an index.
    private const string BestValue =
        $"""
        (CASE t.retention ->> 'mode' WHEN 'max' THEN (SELECT max(value) FROM metrics m WHERE m.task = t.id AND m.name = {Monitor})
          ELSE (SELECT min(value) FROM metrics m WHERE m.task = t.id AND m.name = {Monitor}) END)
        """;

    private const string SelectStored =
        "SELECT id, base, tensors, retention, origin, origin_task, origin_step, coalesce(former_name, name) FROM tasks";

    public bool Exists(string name) =>
        connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM tasks WHERE name = $0)", name) > 0;

    public bool IsDeleted(string name) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM tasks WHERE former_name = $0) AND NOT EXISTS (SELECT 1 FROM tasks WHERE name = $0)", name) > 0;

    public long? FindId(string name) =>
        connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", name);

    public StoredTask? Stored(string name) => connection.Single($"{SelectStored} WHERE name = $0", ReadStored, name);

    public StoredTask? Stored(long id) => connection.Single($"{SelectStored} WHERE id = $0", ReadStored, id);

    public TaskInfo? Find(string name) => connection.Single($"SELECT {Columns} FROM tasks t WHERE t.name = $0", Read, name);

    public Page<TaskInfo> List(PageRequest page)
    {
        var rows = connection.Query(
            $"SELECT {Columns} FROM tasks t WHERE t.name > $0 AND t.former_name IS NULL ORDER BY t.name LIMIT $1", Read, page.After ?? "",
            page.Limit + 1);
        var items = rows.Take(page.Limit).ToArray();
        return new Page<TaskInfo>(items, rows.Count > page.Limit ? items[^1].Name : null);
    }

    public string? NameOf(long id) =>
        connection.Scalar<string?>("SELECT name FROM tasks WHERE id = $0", id);

    public List<string> Names() =>
        connection.Query("SELECT name FROM tasks WHERE former_name IS NULL ORDER BY id", row => row.GetString(0));

    public List<string> NamesWithCheckpoints() => connection.Query(
        "SELECT t.name FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id WHERE x.checkpoints > 0 ORDER BY t.name",
        row => row.GetString(0));

    public List<string> NamesOnBase(Digest id) =>
        connection.Query("SELECT name FROM tasks WHERE base = $0 AND former_name IS NULL", row => row.GetString(0), id);

    public List<long> OnBase(Digest id) =>
        connection.Query("SELECT id FROM tasks WHERE base = $0 ORDER BY name", row => row.GetInt64(0), id);

    public List<(long Id, string Name, Digest Layout)> Layouts() =>
        connection.Query("SELECT id, name, layout FROM tasks", row => (row.GetInt64(0), row.GetString(1), row.Digest(2)));

    public void Insert(string name, TaskSpec spec, Digest @base, Digest layout, string tensors, long? branchCheckpoint,
        DateTimeOffset now) =>
        connection.Execute(
            """
            INSERT INTO tasks (name, base, layout, description, metadata, retention, tensors, created, origin, origin_task, origin_step)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            name, @base, layout, spec.Description, Json(spec.Metadata), Json(spec.Retention), tensors, now, branchCheckpoint,
            spec.BranchPoint?.Task, spec.BranchPoint?.Step);

    public void SetSettings(string name, string? description, IReadOnlyDictionary<string, string>? metadata, Retention? retention) =>
        connection.Execute(
            "UPDATE tasks SET description = $1, metadata = $2, retention = $3 WHERE name = $0", name, description, Json(metadata),
            Json(retention));

    public void SetQuota(long id, long? bytes) =>
        connection.Execute("UPDATE tasks SET quota_bytes = $1 WHERE id = $0", id, bytes);

    public void MarkDeleted(long id, DateTimeOffset now, DateTimeOffset expires) => connection.Execute(
        "UPDATE tasks SET former_name = name, name = '~' || id, deleted_at = $1, expires = $2 WHERE id = $0", id, now, expires);

    public long? RemoveBranchPoint(long id)
    {
        var checkpoint = connection.Scalar<long?>("SELECT origin FROM tasks WHERE id = $0", id);
        connection.Execute("UPDATE tasks SET origin = NULL WHERE id = $0", id);
        return checkpoint;
    }

    public void Delete(long id) => connection.Execute("DELETE FROM tasks WHERE id = $0", id);

    private static StoredTask ReadStored(CatalogRow row) => new(
        row.GetInt64(0), row.GetString(7), row.Digest(1), row.GetString(2), RetentionOf(row, 3), row.OptionalLong(4),
        BranchPointOf(row, 5));

    private static TaskInfo Read(CatalogRow row) => new(
        row.GetString(0), row.GetString(11), row.Digest(1), row.Digest(2), row.OptionalText(3),
        JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4), FishJson.Options)!, RetentionOf(row, 5),
        JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(row.GetString(6), FishJson.Options)!,
        row.GetInt64(7), row.OptionalLong(9), row.Time(8), row.OptionalLong(12), BranchPointOf(row, 13),
        row.IsDBNull(15) ? null : row.Time(15), row.OptionalLong(16), row.IsDBNull(17) ? null : row.GetDouble(17));

    private static Retention? RetentionOf(CatalogRow row, int column) =>
        row.OptionalText(column) is { } json ? JsonSerializer.Deserialize<Retention>(json, FishJson.Options) : null;

    private static BranchPoint? BranchPointOf(CatalogRow row, int column) =>
        row.OptionalText(column) is { } task ? new BranchPoint(task, row.GetInt64(column + 1)) : null;

    private static string Json(IReadOnlyDictionary<string, string>? metadata) =>
        JsonSerializer.Serialize(metadata ?? new Dictionary<string, string>(StringComparer.Ordinal), FishJson.Options);

    private static string? Json(Retention? retention) => retention is null ? null : JsonSerializer.Serialize(retention, FishJson.Options);
}
