namespace FishCheckpoint.Durability.Operations;

/// <summary>
/// What can be done to a store. A new kind is added here, in <see cref="OperationDraw"/>, <see cref="StoreModel"/> and
/// <see cref="Performer"/>.
/// </summary>
public enum OperationKind
{
    AddBase,
    PutTask,
    SaveFull,
    SavePatch,
    SaveMasked,
    PutState,
    SetTag,
    RemoveTag,
    DeleteCheckpoint,
    DeleteTask,
    Recode,
    Branch,
    Pin,
    Unpin,
    Fold,
    Collect,
    Undelete,
    UndeleteTask,
    RemoveBase,
}

/// <summary>One thing done to a store: its numbers say all of it, so that whoever knows them knows the bytes.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Task">The task; of <see cref="OperationKind.AddBase"/> and <see cref="OperationKind.RemoveBase"/>, the base's name; of
/// <see cref="OperationKind.Fold"/> and <see cref="OperationKind.Collect"/>, empty for all.</param>
/// <param name="Step">The step.</param>
/// <param name="Content">Seed of the model's values; of a state, of its bytes; of a task, of its description and its retention; of folding,
/// of what a read may cost. Of a collection 1: it ends the grace of what is deleted. Of <see cref="OperationKind.Undelete"/>, one more than
/// the step at which the checkpoint comes back; 0: its own.</param>
/// <param name="Mask">Seed of the mask.</param>
/// <param name="State">Seed of the trainer state that goes with a save; 0 for none.</param>
/// <param name="Tag">The tag; of <see cref="OperationKind.UndeleteTask"/>, the name under which the task comes back, or empty for its
/// own.</param>
/// <param name="Parent">The parent of a save: <c>base</c>, <c>previous</c>, <c>TASK:STEP</c>, or empty for auto. What a branch starts
/// from.</param>
/// <param name="Files">The set of side files that goes with a save; 0 for none.</param>
public sealed record Operation(
    OperationKind Kind, string Task = "", long Step = 0, int Content = 0, int Mask = 0, int State = 0, string Tag = "", string Parent = "",
    int Files = 0)
{
    public bool IsSave => Kind is OperationKind.SaveFull or OperationKind.SavePatch or OperationKind.SaveMasked;

    /// <summary>Whether a collection ends the grace of what is deleted.</summary>
    public bool IsFinal => Kind == OperationKind.Collect && Content == 1;

    /// <summary>The checkpoint that <see cref="Parent"/> names.</summary>
    public (string Task, long Step)? Start => Parent.Split(':') is [var task, var step] ? (task, long.Parse(step)) : null;

    public override string ToString() =>
        $"{Kind} {Task} {Step} {Content} {Mask} {State} {Tag} {Parent} {(Files == 0 ? "" : $"files {Files}")}".TrimEnd();
}
