using System.Collections.Concurrent;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Tasks;

/// <summary>A task, its base and its layout, as saves and restores need them.</summary>
internal sealed record TaskContext(long Id, string Name, BaseContent Base, TaskLayout Layout, Retention? Retention)
{
    /// <summary>The identity of the base under this task's layout: the state that the first delta is laid on.</summary>
    public Digest BaseState { get; } = StateIdentity.OfBase(Base.Id, Layout.Layout.Id);
}

/// <summary>The rows of tasks.</summary>
internal sealed class TaskTable(BaseTable bases)
{
    private const string Columns =
        "t.name, t.base, t.layout, t.description, t.metadata, t.retention, t.tensors, "
        + "(SELECT checkpoints FROM totals x WHERE x.base = t.base AND x.task = t.id), t.created, "
        + "(SELECT max(step) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0), t.id, (SELECT min(n.name) FROM base_names n WHERE n.base = t.base)";

    // A task's base and own tensors never change, so its layout is made once.
    private readonly ConcurrentDictionary<(Digest Base, string Tensors), TaskLayout> layouts = new();

    /// <summary>Makes a task, or changes the parts of it that may change.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Put(SqliteConnection connection, string name, TaskSpec spec, DateTimeOffset now)
    {
        var @base = bases.Content(connection, BaseTable.Resolve(connection, spec.Base));
        var tensors = Json(new SortedDictionary<string, OwnTensor?>(
            (spec.Tensors ?? new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal));
        var layout = LayoutOf(@base, tensors);
        var (metadata, retention) = (Json(spec.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal)), spec.Retention is null ? null : Json(spec.Retention));
        var existing = connection.Single(
            "SELECT base, tensors FROM tasks WHERE name = $0", row => Tuple.Create(row.Digest(0), row.GetString(1)), name);
        if (existing is null)
        {
            connection.Execute(
                "INSERT INTO tasks (name, base, layout, description, metadata, retention, tensors, created) VALUES ($0, $1, $2, $3, $4, $5, $6, $7)",
                name, @base.Id, layout.Layout.Id, spec.Description, metadata, retention, tensors, now);
            return true;
        }

        if (existing.Item1 != @base.Id || existing.Item2 != tensors)
        {
            throw new FishException(
                ErrorCode.TaskTaken, name, $"The task exists, bound to the base {existing.Item1} with other own tensors or another base.",
                "Choose another name; a task's base and own tensors never change.");
        }

        connection.Execute(
            "UPDATE tasks SET description = $1, metadata = $2, retention = $3 WHERE name = $0", name, spec.Description, metadata, retention);
        return false;
    }

    public static TaskInfo Info(SqliteConnection connection, string name) =>
        connection.Single($"SELECT {Columns} FROM tasks t WHERE t.name = $0", Read, name) ?? throw Missing(name);

    public static Page<TaskInfo> List(SqliteConnection connection, PageRequest page)
    {
        var rows = connection.Query(
            $"SELECT {Columns} FROM tasks t WHERE t.name > $0 ORDER BY t.name LIMIT $1", Read, page.After ?? "", page.Limit + 1);
        var items = rows.Take(page.Limit).ToArray();
        return new Page<TaskInfo>(items, rows.Count > page.Limit ? items[^1].Name : null);
    }

    public static long IdOf(SqliteConnection connection, string name) =>
        connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", name) ?? throw Missing(name);

    public TaskContext Context(SqliteConnection connection, string name) => connection.Single(
        "SELECT id, base, tensors, retention FROM tasks WHERE name = $0",
        row =>
        {
            var @base = bases.Content(connection, row.Digest(1));
            var retention = row.OptionalText(3) is { } json ? JsonSerializer.Deserialize<Retention>(json, FishJson.Options) : null;
            return new TaskContext(row.GetInt64(0), name, @base, LayoutOf(@base, row.GetString(2)), retention);
        },
        name) ?? throw Missing(name);

    private TaskLayout LayoutOf(BaseContent @base, string tensors) => layouts.GetOrAdd(
        (@base.Id, tensors), _ => TaskLayout.Create(@base.Files, JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(tensors, FishJson.Options)!));

    private static TaskInfo Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(11), row.Digest(1), row.Digest(2), row.OptionalText(3),
        JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4), FishJson.Options)!,
        row.OptionalText(5) is { } retention ? JsonSerializer.Deserialize<Retention>(retention, FishJson.Options) : null,
        JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(row.GetString(6), FishJson.Options)!,
        row.GetInt64(7), row.OptionalLong(9), row.Time(8));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, FishJson.Options);

    private static FishException Missing(string name) => new(
        ErrorCode.TaskNotFound, name.Length <= 128 ? name : name[..128], "There is no such task.", "Make it first, or list the tasks.");
}
