using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>A task of the model.</summary>
/// <param name="start">The checkpoint that it starts from; <see langword="null"/> for its base.</param>
/// <param name="origin">The model that it starts from.</param>
internal sealed class ModelTask((string Task, long Step)? start, TestModel origin)
{
    private readonly SortedDictionary<long, ModelStep> steps = [];
    private readonly SortedDictionary<string, long> tags = new(StringComparer.Ordinal);
    private readonly List<DeletedStep> deleted = [];

    /// <summary>Its deleted steps that can be brought back, in the order of their deletion.</summary>
    public IReadOnlyList<DeletedStep> Deleted => deleted;

    /// <summary>What its description and its retention are made of.</summary>
    public int Content { get; set; }

    public (string Task, long Step)? Start => start;

    public TestModel Origin => origin;

    public bool IsPinned => steps.Values.Any(step => step.IsPinned);

    /// <summary>The steps that are pinned.</summary>
    public IEnumerable<long> Pinned => steps.Where(pair => pair.Value.IsPinned).Select(pair => pair.Key);

    public ModelTask Clone()
    {
        var copy = new ModelTask(start, origin) { Content = Content };
        foreach (var (step, held) in steps)
        {
            copy.steps.Add(step, held);
        }

        foreach (var (tag, step) in tags)
        {
            copy.tags.Add(tag, step);
        }

        copy.deleted.AddRange(deleted);
        return copy;
    }

    /// <summary>The model of a step.</summary>
    public TestModel? At(long step) => steps.GetValueOrDefault(step)?.Model;

    /// <summary>The model of the step before one.</summary>
    public TestModel? Before(long step) => steps.LastOrDefault(pair => pair.Key < step).Value?.Model;

    /// <summary>Does an operation.</summary>
    /// <param name="operation">What.</param>
    /// <param name="keeps">Whether what is deleted can be brought back.</param>
    public string Apply(Operation operation, bool keeps) => operation.Kind switch
    {
        OperationKind.Fold => StoreModel.Done,
        OperationKind.Undelete => Undelete(operation),
        OperationKind.RemoveTag => tags.Remove(operation.Tag) ? StoreModel.Done : StoreModel.Refused(ErrorCode.TagNotFound),
        _ when !steps.TryGetValue(operation.Step, out _) => StoreModel.Refused(ErrorCode.CheckpointNotFound),
        OperationKind.PutState => Give(operation.Step, operation.State),
        OperationKind.SetTag => Tag(operation),
        OperationKind.Pin or OperationKind.Unpin => Pin(operation.Step, operation.Kind == OperationKind.Pin),
        OperationKind.DeleteCheckpoint when steps[operation.Step].IsPinned => StoreModel.Refused(ErrorCode.CheckpointPinned),
        OperationKind.DeleteCheckpoint => Delete(operation.Step, keeps),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "This is not done to a task."),
    };

    /// <summary>
    /// Saves a model, whatever its parent was. Saving the same again changes nothing: its metrics stay those of the first save.
    /// </summary>
    public string Save(Operation save, TestModel model)
    {
        var file = StoreModel.Hash(model.ToBytes());
        if (!steps.TryGetValue(save.Step, out var held))
        {
            steps.Add(save.Step, new ModelStep(model, file, save.State, save.Files, Contents.MetricsOf(save.Content)["loss"], false));
            return StoreModel.Done;
        }

        var isOther = held.File != file || (save.Files != 0 && save.Files != held.Files);
        return isOther ? StoreModel.Refused(ErrorCode.StepTaken) : save.State == 0 ? StoreModel.Done : Give(save.Step, save.State);
    }

    /// <summary>The steps that the retention does not keep.</summary>
    public long[] Unkept() => ModelRetention.Unkept(
        Content, [.. steps.Select(pair => (pair.Key, pair.Value.Loss, pair.Value.IsPinned || tags.ContainsValue(pair.Key)))]);

    /// <summary>Deletes steps that no retention keeps.</summary>
    public void Collect(IEnumerable<long> gone, bool keeps)
    {
        foreach (var step in gone)
        {
            Delete(step, keeps);
        }
    }

    /// <summary>Ends the grace of what is deleted.</summary>
    public void Forget() => deleted.Clear();

    /// <summary>Removes the side files of its steps.</summary>
    public void ForgetFiles()
    {
        foreach (var (step, held) in steps.ToArray())
        {
            steps[step] = held with { Files = 0 };
        }
    }

    public IEnumerable<string> Lines(string name) =>
        steps.Select(pair => StoreModel.StepLine(
            name, pair.Key, pair.Value.File, pair.Value.State == 0 ? "-" : Contents.HashOfState(pair.Value.State),
            pair.Value.Files == 0 ? "-" : Contents.HashOfFiles(pair.Value.Files), pair.Value.Loss,
            tags.Where(tag => tag.Value == pair.Key).Select(tag => tag.Key), pair.Value.IsPinned))
        .Prepend(
            StoreModel.TaskLine(
                name, Contents.BaseOf(name), Contents.DescriptionOf(Content), steps.Count, steps.Count == 0 ? null : steps.Keys.Last()));

    /// <summary>Its deleted steps that can be brought back, and of a deleted task all, a line each.</summary>
    public IEnumerable<string> DeletedLines(string name, bool isWhole) => [
        .. deleted.Select(item => Line(name, false, item.Step, item.Content, item.Tags)),
        .. isWhole ? steps.Select(
            pair => Line(name, true, pair.Key, pair.Value, tags.Where(tag => tag.Value == pair.Key).Select(tag => tag.Key))) : []];

    private static string Line(string name, bool withTask, long step, ModelStep content, IEnumerable<string> tags) =>
        StoreModel.DeletedLine(name, withTask, step, content.State == 0 ? "-" : "state", content.Loss, tags);

    private string Give(long step, int state)
    {
        if (steps[step].State != 0 && steps[step].State != state)
        {
            return StoreModel.Refused(ErrorCode.StateTaken);
        }

        steps[step] = steps[step] with { State = state };
        return StoreModel.Done;
    }

    private string Tag(Operation operation)
    {
        tags[operation.Tag] = operation.Step;
        return StoreModel.Done;
    }

    private string Pin(long step, bool isPinned)
    {
        steps[step] = steps[step] with { IsPinned = isPinned };
        return StoreModel.Done;
    }

    private string Delete(long step, bool keeps)
    {
        var had = tags.Where(tag => tag.Value == step).Select(tag => tag.Key).ToArray();
        if (keeps)
        {
            deleted.Add(new DeletedStep(step, steps[step], had));
        }

        steps.Remove(step);
        Array.ForEach(had, tag => tags.Remove(tag));
        return StoreModel.Done;
    }

    // Of several, the one that was deleted last. A tag that another step has since stays there.
    private string Undelete(Operation operation)
    {
        var (found, target) =
            (deleted.FindLastIndex(item => item.Step == operation.Step), operation.Content == 0 ? operation.Step : operation.Content - 1);
        if (found < 0 || steps.ContainsKey(target))
        {
            return StoreModel.Refused(found < 0 ? ErrorCode.CheckpointNotFound : ErrorCode.StepTaken);
        }

        steps.Add(target, deleted[found].Content);
        foreach (var tag in deleted[found].Tags)
        {
            tags.TryAdd(tag, target);
        }

        deleted.RemoveAt(found);
        return StoreModel.Done;
    }
}

/// <summary>A checkpoint of the model.</summary>
/// <param name="Model">What it gives back.</param>
/// <param name="File">The digest of that as a file.</param>
/// <param name="State">Seed of its trainer state; 0 for none.</param>
/// <param name="Files">The set of its side files; 0 for none.</param>
/// <param name="Loss">The metric that it was saved with.</param>
/// <param name="IsPinned">Whether nothing deletes it.</param>
internal sealed record ModelStep(TestModel Model, string File, int State, int Files, double Loss, bool IsPinned);

/// <summary>A deleted step that can be brought back.</summary>
/// <param name="Step">Where it was.</param>
/// <param name="Content">What it held.</param>
/// <param name="Tags">The tags that it had.</param>
internal sealed record DeletedStep(long Step, ModelStep Content, IReadOnlyList<string> Tags);

/// <summary>The checkpoints that a task's retention deletes, computed from its documentation without the store's code.</summary>
internal static class ModelRetention
{
    /// <summary>The rules of a store, for tasks that have none: what is best by them, only a task says that names a metric.</summary>
    public static Retention OfStore { get; } = new(KeepLast: 6, KeepBest: 2, Monitor: "accuracy");

    /// <summary>The rules of a task that was put with a content; <see langword="null"/> for none.</summary>
    public static Retention? Of(int content) => content switch
    {
        0 => null,
        1 => new Retention(Monitor: "loss", Mode: "max"),
        2 => new Retention(KeepLast: 8),
        3 => new Retention(KeepLast: 4, KeepEvery: 3),
        _ => new Retention(KeepLast: 3, KeepBest: 3, Monitor: "loss"),
    };

    /// <summary>The steps that no rule of a content keeps, ascending.</summary>
    /// <param name="content">The content.</param>
    /// <param name="steps">Of all steps of a task, ascending: the loss, and whether it is pinned or tagged.</param>
    public static long[] Unkept(int content, IReadOnlyList<(long Step, double Loss, bool IsHeld)> steps)
    {
        var free = steps.SkipLast(content switch { 0 or 1 => 6, 2 => 8, 3 => 4, _ => 3 }).Where(step => !step.IsHeld)
            .Select(step => step.Step);
        var best = (content switch { 1 => steps.OrderByDescending(step => step.Loss), _ => steps.OrderBy(step => step.Loss) })
            .ThenByDescending(step => step.Step).Take(content switch { 0 or 2 or 3 => 0, 1 => 2, _ => 3 }).Select(step => step.Step)
            .ToHashSet();
        return [.. free.Where(step => !best.Contains(step) && (content != 3 || step % 3 != 0))];
    }
}
