using System.Collections.Concurrent;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Tasks;

/// <summary>A task, its base and its layout, as saves and restores need them.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Name">Its name.</param>
/// <param name="Base">Its base.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Retention">What to keep of it.</param>
/// <param name="Origin">The row of the checkpoint that it starts from; <see langword="null"/>: the base, unless that checkpoint was lost.</param>
/// <param name="LostStart">What the checkpoint that it starts from was called, where a repair could not save it.</param>
internal sealed record TaskContext(
    long Id, string Name, BaseContent Base, TaskLayout Layout, Retention? Retention, long? Origin = null, TaskStart? LostStart = null)
{
    /// <summary>The row of what is no task: a base that is read by itself.</summary>
    public const long BaseAlone = 0;

    /// <summary>Whether it is a base that is read by itself.</summary>
    public bool IsBase => Id == BaseAlone;

    /// <summary>The identity of the base under this task's layout: the state that the first delta is laid on.</summary>
    public Digest BaseState { get; } = StateIdentity.OfBase(Base.Id, Layout.Layout.Id);
}

/// <summary>The rows of tasks.</summary>
internal sealed class TaskTable(BaseTable bases)
{
    private const string Columns =
        "t.name, t.base, t.layout, t.description, t.metadata, t.retention, t.tensors, "
        + "(SELECT checkpoints FROM totals x WHERE x.base = t.base AND x.task = t.id), t.created, "
        + "(SELECT max(step) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0), t.id, (SELECT min(n.name) FROM base_names n WHERE n.base = t.base), "
        + "t.quota_bytes, t.origin_task, t.origin_step, "
        + "(SELECT created FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0 ORDER BY c.step DESC LIMIT 1), "
        + $"(SELECT step FROM metrics m WHERE m.task = t.id AND m.name = {Monitor} AND m.value = {BestValue} ORDER BY step DESC LIMIT 1), {BestValue}";

    private const string SelectContext = "SELECT id, base, tensors, retention, origin, origin_task, origin_step, coalesce(former_name, name) FROM tasks";

    private const string Monitor = "t.retention ->> 'monitor'";

    // Each is the end of an index.
    private const string BestValue =
        $"(CASE t.retention ->> 'mode' WHEN 'max' THEN (SELECT max(value) FROM metrics m WHERE m.task = t.id AND m.name = {Monitor}) "
        + $"ELSE (SELECT min(value) FROM metrics m WHERE m.task = t.id AND m.name = {Monitor}) END)";

    // A task's base and own tensors never change, so its layout is made once.
    private readonly ConcurrentDictionary<(Digest Base, string Tensors), TaskLayout> layouts = new();

    /// <summary>Makes a task, or changes the parts of it that may change.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Put(CatalogConnection connection, string name, TaskSpec spec, DateTimeOffset now)
    {
        var start = spec.From is null ? null : TaskOrigin.Find(connection, this, spec.From, name);
        var @base = BaseOf(connection, spec, start);
        var tensors = spec.Tensors is null && start is not null ? start.Tensors : Json(new SortedDictionary<string, OwnTensor?>(
            (spec.Tensors ?? new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal));
        var layout = LayoutOf(@base, tensors);
        start?.RequireLayout(name, layout.Layout.Id);
        var (metadata, retention) = (Json(spec.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal)), spec.Retention is null ? null : Json(spec.Retention.Checked()));
        var existing = connection.Single(
            "SELECT base, tensors, origin_task, origin_step FROM tasks WHERE name = $0",
            row => Tuple.Create(row.Digest(0), row.GetString(1), StartOf(row, 2)), name);
        if (existing is null)
        {
            connection.Execute(
                "INSERT INTO tasks (name, base, layout, description, metadata, retention, tensors, created, origin, origin_task, origin_step) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                name, @base.Id, layout.Layout.Id, spec.Description, metadata, retention, tensors, now, start?.Checkpoint, spec.From?.Task, spec.From?.Step);
            return true;
        }

        if (existing.Item1 != @base.Id || existing.Item2 != tensors || (spec.From is not null && existing.Item3 != spec.From))
        {
            throw new FishException(
                ErrorCode.TaskTaken, name, $"The task exists, bound to the base {existing.Item1} with other own tensors, another base or another start.",
                "Choose another name; a task's base, own tensors and start never change.");
        }

        connection.Execute(
            "UPDATE tasks SET description = $1, metadata = $2, retention = $3 WHERE name = $0", name, spec.Description, metadata, retention);
        return false;
    }

    /// <summary>Changes what of a task may change.</summary>
    public static void Change(CatalogConnection connection, string name, TaskSettings settings) => connection.Execute(
        "UPDATE tasks SET description = $1, metadata = $2, retention = $3 WHERE name = $0", name, settings.Description, Json(settings.Metadata),
        settings.Retention is null ? null : Json(settings.Retention));

    public static TaskInfo Info(CatalogConnection connection, string name) =>
        Find(connection, name) ?? throw Missing(name);

    /// <summary>As above; <see langword="null"/> where there is no such task.</summary>
    public static TaskInfo? Find(CatalogConnection connection, string name) =>
        connection.Single($"SELECT {Columns} FROM tasks t WHERE t.name = $0", Read, name);

    public static Page<TaskInfo> List(CatalogConnection connection, PageRequest page)
    {
        var rows = connection.Query(
            $"SELECT {Columns} FROM tasks t WHERE t.name > $0 AND t.former_name IS NULL ORDER BY t.name LIMIT $1", Read, page.After ?? "", page.Limit + 1);
        var items = rows.Take(page.Limit).ToArray();
        return new Page<TaskInfo>(items, rows.Count > page.Limit ? items[^1].Name : null);
    }

    /// <summary>Whether there is no task of a name, but a deleted one that had it.</summary>
    public static bool IsDeleted(CatalogConnection connection, string name) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM tasks WHERE former_name = $0) AND NOT EXISTS (SELECT 1 FROM tasks WHERE name = $0)", name) > 0;

    public static long IdOf(CatalogConnection connection, string name) =>
        connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", name) ?? throw Missing(name);

    public TaskContext Context(CatalogConnection connection, string name) =>
        connection.Single($"{SelectContext} WHERE name = $0", row => ReadContext(connection, row), name) ?? throw Missing(name);

    /// <summary>The task of a row, deleted or not: another may have its name since.</summary>
    public TaskContext ContextOf(CatalogConnection connection, long id) =>
        connection.Single($"{SelectContext} WHERE id = $0", row => ReadContext(connection, row), id)!;

    /// <summary>Another task whose checkpoints this one's can be laid on: of the same base, with the same own tensors.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>.</exception>
    public TaskContext Sister(CatalogConnection connection, TaskContext task, string name)
    {
        var other = Context(connection, Names.Check(name, "task"));
        return other.BaseState == task.BaseState ? other : throw new FishException(
            other.Base.Id == task.Base.Id ? ErrorCode.LayoutMismatch : ErrorCode.BaseMismatch, task.Name,
            $"The other state is of the task {name}, which has {(other.Base.Id == task.Base.Id ? "other own tensors" : $"the base {other.Base.Id}; this task is bound to {task.Base.Id}")}.",
            "Name a task of the same base with the same own tensors.");
    }

    private TaskContext ReadContext(CatalogConnection connection, CatalogRow row)
    {
        var @base = bases.Content(connection, row.Digest(1));
        var retention = row.OptionalText(3) is { } json ? JsonSerializer.Deserialize<Retention>(json, FishJson.Options) : null;
        return new TaskContext(
            row.GetInt64(0), row.GetString(7), @base, LayoutOf(@base, row.GetString(2)), retention, row.OptionalLong(4), row.IsDBNull(4) ? StartOf(row, 5) : null);
    }

    private BaseContent BaseOf(CatalogConnection connection, TaskSpec spec, TaskOrigin? start)
    {
        if (spec.Base is null && start is null)
        {
            throw new FishException(ErrorCode.RequestInvalid, "base", "The task names no base.", "Name a base, or the checkpoint that the task starts from.");
        }

        var @base = spec.Base is null ? start!.Base : bases.Content(connection, BaseTable.Resolve(connection, spec.Base));
        return start is null || start.Base.Id == @base.Id ? @base : throw new FishException(
            ErrorCode.BaseMismatch, spec.Base!, $"The checkpoint {spec.From!.Task}:{spec.From.Step} is of the base {start.Base.Id}.", "Leave the base out, or name that one.");
    }

    private static TaskStart? StartOf(CatalogRow row, int column) =>
        row.OptionalText(column) is { } task ? new TaskStart(task, row.GetInt64(column + 1)) : null;

    /// <summary>The layout of a task that is bound to a base with own tensors.</summary>
    public Layout LayoutOf(CatalogConnection connection, Digest @base, string tensors) =>
        (layouts.TryGetValue((@base, tensors), out var known) ? known : LayoutOf(bases.Content(connection, @base), tensors)).Layout;

    private TaskLayout LayoutOf(BaseContent @base, string tensors) => layouts.GetOrAdd(
        (@base.Id, tensors), _ => TaskLayout.Create(@base.Files, JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(tensors, FishJson.Options)!));

    private static TaskInfo Read(CatalogRow row) => new(
        row.GetString(0), row.GetString(11), row.Digest(1), row.Digest(2), row.OptionalText(3),
        JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4), FishJson.Options)!,
        row.OptionalText(5) is { } retention ? JsonSerializer.Deserialize<Retention>(retention, FishJson.Options) : null,
        JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(row.GetString(6), FishJson.Options)!,
        row.GetInt64(7), row.OptionalLong(9), row.Time(8), row.OptionalLong(12), StartOf(row, 13),
        row.IsDBNull(15) ? null : row.Time(15), row.OptionalLong(16), row.IsDBNull(17) ? null : row.GetDouble(17));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, FishJson.Options);

    private static FishException Missing(string name) => new(
        ErrorCode.TaskNotFound, name.Length <= 128 ? name : name[..128], "There is no such task.", "Make it first, or list the tasks.");
}
