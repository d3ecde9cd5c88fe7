using System.Collections.Concurrent;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>The tasks of a store with their bases and layouts, which never change and are read once.</summary>
internal sealed class TaskCatalog
{
    private readonly ConcurrentDictionary<Digest, BaseContent> bases = new();
    private readonly ConcurrentDictionary<(Digest Base, string Tensors), TaskLayout> layouts = new();

    /// <summary>Makes a task, or changes the parts of it that may change.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Put(ICatalogWriter writer, string name, TaskSpec spec, DateTimeOffset now)
    {
        var start = spec.BranchPoint is null ? null : ResolvedBranchPoint.Find(writer, this, spec.BranchPoint, name);
        var @base = BaseOf(writer, spec, start);
        var tensors = spec.Tensors is null && start is not null ? start.Tensors : Json(new SortedDictionary<string, OwnTensor?>(
            (spec.Tensors ?? new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal),
            StringComparer.Ordinal));
        var layout = LayoutOf(@base, tensors);
        start?.RequireLayout(name, layout.Layout.Id);
        spec = spec with { Retention = spec.Retention?.Validate() };
        if (writer.Tasks.Stored(name) is not { } existing)
        {
            writer.Tasks.Insert(name, spec, @base.Id, layout.Layout.Id, tensors, start?.Checkpoint, now);
            return true;
        }

        if (existing.Base != @base.Id || existing.Tensors != tensors
            || (spec.BranchPoint is not null && existing.Start != spec.BranchPoint))
        {
            throw new FishException(
                ErrorCode.TaskTaken, name,
                $"The task exists, bound to the base {existing.Base} with other own tensors, another base or another start.",
                "Choose another name; a task's base, own tensors and start never change.");
        }

        writer.Tasks.SetSettings(name, spec.Description, spec.Metadata, spec.Retention);
        return false;
    }

    /// <summary>The task that has a name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    public TaskContext Context(ICatalogView view, string name) =>
        ContextOf(view, view.Tasks.Stored(name) ?? throw TasksOfCatalog.Missing(name));

    /// <summary>The task of a row, deleted or not: another may have its name since.</summary>
    public TaskContext ContextOf(ICatalogView view, long id) => ContextOf(view, view.Tasks.Stored(id)!);

    /// <summary>Another task whose checkpoints this one's can be based on: of the same base, with the same own tensors.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseMismatch"/>,
    /// <see cref="ErrorCode.LayoutMismatch"/>.</exception>
    public TaskContext Sibling(ICatalogView view, TaskContext task, string name)
    {
        var other = Context(view, Names.Check(name, "task"));
        if (other.BaseState == task.BaseState)
        {
            return other;
        }

        var isOfBase = other.Base.Id == task.Base.Id;
        var difference = isOfBase ? "other own tensors" : $"the base {other.Base.Id}; this task is bound to {task.Base.Id}";
        throw new FishException(
            isOfBase ? ErrorCode.LayoutMismatch : ErrorCode.BaseMismatch, task.Name,
            $"The other state is of the task {name}, which has {difference}.", "Name a task of the same base with the same own tensors.");
    }

    /// <summary>Headers and checksums of a base.</summary>
    public BaseContent BaseOf(ICatalogView view, Digest id) =>
        bases.TryGetValue(id, out var known) ? known : bases.GetOrAdd(id, view.Bases.Content(id));

    /// <summary>The layout of a task that is bound to a base with own tensors.</summary>
    public Layout LayoutOf(ICatalogView view, Digest @base, string tensors) =>
        (layouts.TryGetValue((@base, tensors), out var known) ? known : LayoutOf(BaseOf(view, @base), tensors)).Layout;

    private TaskContext ContextOf(ICatalogView view, StoredTask task)
    {
        var @base = BaseOf(view, task.Base);
        return new TaskContext(
            task.Id, task.Name, @base, LayoutOf(@base, task.Tensors), task.Retention, task.Origin, task.Origin is null ? task.Start : null);
    }

    private BaseContent BaseOf(ICatalogView view, TaskSpec spec, ResolvedBranchPoint? start)
    {
        if (spec.Base is null && start is null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "base", "The task names no base.", "Name a base, or the checkpoint that the task starts from.");
        }

        var @base = spec.Base is null ? start!.Base : BaseOf(view, view.Bases.Resolve(spec.Base));
        return start is null || start.Base.Id == @base.Id ? @base : throw new FishException(
            ErrorCode.BaseMismatch, spec.Base!,
            $"The checkpoint {spec.BranchPoint!.Task}:{spec.BranchPoint.Step} is of the base {start.Base.Id}.",
            "Leave the base out, or name that one.");
    }

    private TaskLayout LayoutOf(BaseContent @base, string tensors) => layouts.GetOrAdd(
        (@base.Id, tensors), _ => TaskLayout.Create(
            @base.Files, JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(tensors, FishJson.Options)!));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, FishJson.Options);
}
