using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// Maps the tensors of a model to a task's layout by name, regardless of their order and of prefixes that model wrappers add.
/// </summary>
internal sealed class LayoutFit
{
    private const int Shown = 20;

    private readonly int[] indices;
    private (Mask From, Mask To) last;

    private LayoutFit(Layout model, Layout task, int[] indices) => (Model, Task, this.indices) = (model, task, indices);

    /// <summary>The model's layout.</summary>
    public Layout Model { get; }

    /// <summary>The task's layout.</summary>
    public Layout Task { get; }

    /// <summary>Compares all tensors.</summary>
    /// <param name="model">The model's layout.</param>
    /// <param name="task">The task's layout, or that of the base for a new task.</param>
    /// <param name="key">The task, for the error.</param>
    /// <param name="isNew">Whether the task does not exist yet, so that its own tensors can be chosen.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>, with every difference; those beyond 20 are
    /// counted.</exception>
    public static LayoutFit Of(Layout model, Layout task, string key, bool isNew)
    {
        var (names, indices) = (new TensorNames(task.Tensors.Select(tensor => tensor.Name)), new int[model.Tensors.Count]);
        var (differences, own, covered) = (new List<string>(), new List<string>(), new bool[task.Tensors.Count]);
        for (var index = 0; index < indices.Length; index++)
        {
            var found = model.Tensors[index];
            indices[index] = names.Find(found.Name) is { } name && task.TryIndexOf(name, out var at) && !covered[at] ? at : -1;
            if (indices[index] >= 0)
            {
                covered[indices[index]] = true;
            }

            if (Difference(found, indices[index] < 0 ? null : task.Tensors[indices[index]]) is { } difference)
            {
                differences.Add(difference);
                own.Add(indices[index] < 0 ? found.Name : task.Tensors[indices[index]].Name);
            }
        }

        foreach (var (tensor, _) in task.Tensors.Zip(covered).Where(pair => !pair.Second))
        {
            differences.Add($"'{tensor.Name}' is missing from the model");
            own.Add(tensor.Name);
        }

        return differences.Count == 0 ? new LayoutFit(model, task, indices) : throw Misfit(key, isNew, differences, own);
    }

    /// <summary>The name that a tensor of the model has in the task's layout.</summary>
    public string NameOf(int tensor) => Task.Tensors[indices[tensor]].Name;

    /// <summary>Converts a delta of the model to a delta of the task.</summary>
    public Delta ToTask(Delta delta)
    {
        if (Model.Id == Task.Id)
        {
            return delta;
        }

        var order = Enumerable.Range(0, delta.Mask.Tensors.Count).OrderBy(index => indices[delta.Mask.Tensors[index].Tensor]).ToArray();
        if (!ReferenceEquals(last.From, delta.Mask))
        {
            last = (delta.Mask, Mask.Create(Task, order.Select(index =>
                new TensorMask(indices[delta.Mask.Tensors[index].Tensor], delta.Mask.Tensors[index].Positions))));
        }

        return new Delta(last.To, [.. order.Select(index => delta.Values[index])]);
    }

    /// <summary>
    /// The own tensors of a new task on a base: matching tensors of the model that the base lacks or has in another form; and as
    /// <see langword="null"/> matching tensors that only the base has.
    /// </summary>
    public static Dictionary<string, OwnTensor?> OwnTensors(Layout model, Layout @base, CheckpointHookOptions options)
    {
        var (inBase, inModel) =
            (new TensorNames(@base.Tensors.Select(tensor => tensor.Name)), new TensorNames(model.Tensors.Select(tensor => tensor.Name)));
        var own = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal);
        foreach (var tensor in model.Tensors.Where(options.IsOwn))
        {
            var name = inBase.Find(tensor.Name);
            if (name is null || !@base.TryIndexOf(name, out var index) || Difference(tensor, @base.Tensors[index]) is not null)
            {
                own[name ?? tensor.Name] = new OwnTensor(DTypes.NameOf(tensor.Type), [.. tensor.Shape]);
            }
        }

        foreach (var tensor in @base.Tensors.Where(tensor => options.IsOwn(tensor) && inModel.Find(tensor.Name) is null))
        {
            own[tensor.Name] = null;
        }

        return own;
    }

    /// <summary>A base's layout with the own tensors; the order is that of the base, then of the names.</summary>
    public static Layout With(Layout @base, IReadOnlyDictionary<string, OwnTensor?> own) => own.Count == 0 ? @base : new Layout([
        .. @base.Tensors.Where(tensor => !own.ContainsKey(tensor.Name)),
        .. own.Where(pair => pair.Value is not null).Select(pair => new TensorInfo(
            pair.Key, DTypes.TryParse(pair.Value!.Dtype, out var type) ? type : throw new ArgumentException(pair.Value.Dtype),
            [.. pair.Value.Shape]))]);

    private static string? Difference(TensorInfo model, TensorInfo? task)
    {
        var (type, shape) = (DTypes.NameOf(model.Type), TensorInfo.ShapeText(model.Shape));
        return task is null ? $"'{model.Name}' ({type}, {shape}) is not in it"
            : !model.Shape.SequenceEqual(task.Shape)
                ? $"'{task.Name}' has the shape {shape}, the task's has {TensorInfo.ShapeText(task.Shape)}"
            : model.Type != task.Type ? $"'{task.Name}' has the dtype {type}, the task's has {DTypes.NameOf(task.Type)}" : null;
    }

    private static FishException Misfit(string key, bool isNew, List<string> differences, List<string> own)
    {
        var rest = differences.Count > Shown ? $"; and {differences.Count - Shown} more" : "";
        var option =
            $"OwnTensors = [{string.Join(", ", own.Take(Shown).Select(name => $"\"{name}\""))}{(own.Count > Shown ? ", ..." : "")}]";
        return new FishException(
            ErrorCode.LayoutMismatch, key,
            $"The model differs from {(isNew ? "the base of the new task" : "the task")} '{key}' in {differences.Count} tensors: "
            + $"{string.Join("; ", differences.Take(Shown))}{rest}.",
            isNew
                ? $"If this is intended, give the hook {option} (names or patterns): tensors that the base lacks start as zeros. Otherwise "
                + "train the base's model, in its dtypes."
                : $"Train the task's model, or train to another task that the hook creates with Base and {option}.");
    }
}
