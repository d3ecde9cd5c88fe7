using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>A task of the model.</summary>
internal sealed class ModelTask
{
    private readonly SortedDictionary<long, ModelStep> steps = [];
    private readonly SortedDictionary<string, long> tags = new(StringComparer.Ordinal);

    public string Description { get; set; } = "";

    public ModelTask Clone()
    {
        var copy = new ModelTask { Description = Description };
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

    public string Apply(Operation operation) => operation.Kind switch
    {
        OperationKind.SaveFull or OperationKind.SavePatch or OperationKind.SaveMasked => Save(operation),
        OperationKind.RemoveTag => tags.Remove(operation.Tag) ? StoreModel.Done : StoreModel.Refused(ErrorCode.TagNotFound),
        _ when !steps.TryGetValue(operation.Step, out _) => StoreModel.Refused(ErrorCode.CheckpointNotFound),
        OperationKind.PutState => Give(operation.Step, operation.State),
        OperationKind.SetTag => Tag(operation),
        OperationKind.DeleteCheckpoint => Delete(operation.Step),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "This is not done to a task."),
    };

    public IEnumerable<string> Lines(string name) =>
        steps.Select(pair => StoreModel.StepLine(
            name, pair.Key, pair.Value.File, pair.Value.State == 0 ? "-" : StoreModel.Hash(Contents.StateOf(pair.Value.State)), pair.Value.Loss,
            tags.Where(tag => tag.Value == pair.Key).Select(tag => tag.Key)))
        .Prepend(StoreModel.TaskLine(name, Contents.BaseOf(name), Description, steps.Count, steps.Count == 0 ? null : steps.Keys.Last()));

    // The same again is done already; its metrics stay those that it was first saved with.
    private string Save(Operation save)
    {
        var file = StoreModel.Hash(Contents.Of(save).ToBytes());
        if (!steps.TryGetValue(save.Step, out var held))
        {
            steps.Add(save.Step, new ModelStep(file, save.State, Contents.MetricsOf(save.Content)["loss"]));
            return StoreModel.Done;
        }

        return held.File != file ? StoreModel.Refused(ErrorCode.StepTaken) : save.State == 0 ? StoreModel.Done : Give(save.Step, save.State);
    }

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

    private string Delete(long step)
    {
        steps.Remove(step);
        foreach (var tag in tags.Where(tag => tag.Value == step).Select(tag => tag.Key).ToArray())
        {
            tags.Remove(tag);
        }

        return StoreModel.Done;
    }

    private sealed record ModelStep(string File, int State, double Loss);
}
