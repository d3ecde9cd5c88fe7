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

        return copy;
    }

    /// <summary>The model of a step.</summary>
    public TestModel? At(long step) => steps.GetValueOrDefault(step)?.Model;

    /// <summary>The model of the step before one.</summary>
    public TestModel? Before(long step) => steps.LastOrDefault(pair => pair.Key < step).Value?.Model;

    public string Apply(Operation operation) => operation.Kind switch
    {
        OperationKind.Fold => StoreModel.Done,
        OperationKind.RemoveTag => tags.Remove(operation.Tag) ? StoreModel.Done : StoreModel.Refused(ErrorCode.TagNotFound),
        _ when !steps.TryGetValue(operation.Step, out _) => StoreModel.Refused(ErrorCode.CheckpointNotFound),
        OperationKind.PutState => Give(operation.Step, operation.State),
        OperationKind.SetTag => Tag(operation),
        OperationKind.Pin or OperationKind.Unpin => Pin(operation.Step, operation.Kind == OperationKind.Pin),
        OperationKind.DeleteCheckpoint when steps[operation.Step].IsPinned => StoreModel.Refused(ErrorCode.CheckpointPinned),
        OperationKind.DeleteCheckpoint => Delete(operation.Step),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "This is not done to a task."),
    };

    /// <summary>Saves a model, whatever it was laid on. The same again is done already; its metrics stay those that it was first saved with.</summary>
    public string Save(Operation save, TestModel model)
    {
        var file = StoreModel.Hash(model.ToBytes());
        if (!steps.TryGetValue(save.Step, out var held))
        {
            steps.Add(save.Step, new ModelStep(model, file, save.State, Contents.MetricsOf(save.Content)["loss"], false));
            return StoreModel.Done;
        }

        return held.File != file ? StoreModel.Refused(ErrorCode.StepTaken) : save.State == 0 ? StoreModel.Done : Give(save.Step, save.State);
    }

    /// <summary>The steps that the retention does not keep.</summary>
    public long[] Unkept() => ModelRetention.Unkept(
        Content, [.. steps.Select(pair => (pair.Key, pair.Value.Loss, pair.Value.IsPinned || tags.ContainsValue(pair.Key)))]);

    /// <summary>Lets steps go that no retention keeps.</summary>
    public void Collect(IEnumerable<long> gone)
    {
        foreach (var step in gone)
        {
            Delete(step);
        }
    }

    public IEnumerable<string> Lines(string name) =>
        steps.Select(pair => StoreModel.StepLine(
            name, pair.Key, pair.Value.File, pair.Value.State == 0 ? "-" : Contents.HashOfState(pair.Value.State), pair.Value.Loss,
            tags.Where(tag => tag.Value == pair.Key).Select(tag => tag.Key), pair.Value.IsPinned))
        .Prepend(StoreModel.TaskLine(name, Contents.BaseOf(name), Contents.DescriptionOf(Content), steps.Count, steps.Count == 0 ? null : steps.Keys.Last()));

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

    private string Delete(long step)
    {
        steps.Remove(step);
        foreach (var tag in tags.Where(tag => tag.Value == step).Select(tag => tag.Key).ToArray())
        {
            tags.Remove(tag);
        }

        return StoreModel.Done;
    }

    private sealed record ModelStep(TestModel Model, string File, int State, double Loss, bool IsPinned);
}
