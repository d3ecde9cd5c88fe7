using System.Collections.Concurrent;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>The tasks of a store with their bases and layouts, which are immutable and cached.</summary>
internal sealed class TaskCatalog
{
    private readonly ConcurrentDictionary<Digest, BaseContent> bases = new();
    private readonly ConcurrentDictionary<(Digest Base, string Tensors), TaskLayout> layouts = new();

    /// <summary>Creates a task, or changes its settings.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Put(ICatalogWriter writer, string name, TaskSpec spec, DateTimeOffset now)
    {
        var branchPoint = spec.BranchPoint is null ? null : ResolvedBranchPoint.Find(writer, this, spec.BranchPoint, name);
        var @base = BaseOf(writer, spec, branchPoint);
        var tensors = spec.Tensors is null && branchPoint is not null ? branchPoint.Tensors : Json(new SortedDictionary<string, OwnTensor?>(
            (spec.Tensors ?? new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal),
            StringComparer.Ordinal));
        var layout = LayoutOf(@base, tensors);
        branchPoint?.RequireLayout(name, layout.Layout.Id);
        spec = spec with { Retention = spec.Retention?.Validate() };
        if (writer.Tasks.Stored(name) is not { } existing)
        {
            writer.Tasks.Insert(name, spec, @base.Id, layout.Layout.Id, tensors, branchPoint?.Checkpoint, now);
            return true;
        }

        if (existing.Base != @base.Id || existing.Tensors != tensors
            || (spec.BranchPoint is not null && existing.BranchPoint != spec.BranchPoint))
        {
            throw new FishException(
                ErrorCode.TaskTaken, name,
                $"The task exists on the base {existing.Base}, with another base, other own tensors or another branch point.",
                "Choose another name. A task's base, own tensors and branch point never change.");
        }

        writer.Tasks.SetSettings(name, spec.Description, spec.Metadata, spec.Retention);
        return false;
    }

    /// <summary>The task with a name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    public TaskContext Context(ICatalogView view, string name) =>
        ContextOf(view, view.Tasks.Stored(name) ?? throw TasksOfCatalog.Missing(name));

    /// <summary>The task of a row, possibly deleted: another task may have its name by now.</summary>
    public TaskContext ContextOf(ICatalogView view, long id) => ContextOf(view, view.Tasks.Stored(id)!);

    /// <summary>Another task with the same base and own tensors, so that checkpoints of both can depend on each other.</summary>
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
        var difference = isOfBase ? "other own tensors" : $"the base {other.Base.Id}; this task has the base {task.Base.Id}";
        throw new FishException(
            isOfBase ? ErrorCode.LayoutMismatch : ErrorCode.BaseMismatch, task.Name,
            $"The other state belongs to the task {name}, which has {difference}.", "Name a task with the same base and own tensors.");
    }

    /// <summary>The content of a base.</summary>
    public BaseContent BaseOf(ICatalogView view, Digest id) =>
        bases.TryGetValue(id, out var known) ? known : bases.GetOrAdd(id, view.Bases.Content(id));

    /// <summary>The layout of a task with a base and own tensors.</summary>
    public Layout LayoutOf(ICatalogView view, Digest @base, string tensors) =>
        (layouts.TryGetValue((@base, tensors), out var known) ? known : LayoutOf(BaseOf(view, @base), tensors)).Layout;

    private TaskContext ContextOf(ICatalogView view, StoredTask task)
    {
        var @base = BaseOf(view, task.Base);
        return new TaskContext(
            task.Id, task.Name, @base, LayoutOf(@base, task.Tensors), task.Retention, task.BranchCheckpoint,
            task.BranchCheckpoint is null ? task.BranchPoint : null);
    }

    private BaseContent BaseOf(ICatalogView view, TaskSpec spec, ResolvedBranchPoint? branchPoint)
    {
        if (spec.Base is null && branchPoint is null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "base", "The task has no base.", "Name a base or a branch point.");
        }

        var @base = spec.Base is null ? branchPoint!.Base : BaseOf(view, view.Bases.Resolve(spec.Base));
        return branchPoint is null || branchPoint.Base.Id == @base.Id ? @base : throw new FishException(
            ErrorCode.BaseMismatch, spec.Base!,
            $"The checkpoint {spec.BranchPoint!.Task}:{spec.BranchPoint.Step} has the base {branchPoint.Base.Id}.",
            "Omit the base, or name that one.");
    }

    private TaskLayout LayoutOf(BaseContent @base, string tensors) => layouts.GetOrAdd(
        (@base.Id, tensors), _ => TaskLayout.Create(
            @base.Files, JsonSerializer.Deserialize<Dictionary<string, OwnTensor?>>(tensors, FishJson.Options)!));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, FishJson.Options);
}
