namespace FishCheckpoint.Durability.Operations;

/// <summary>A short run in which every kind of operation comes, and every form of a checkpoint.</summary>
public static class Script
{
    /// <summary>The seed that stands for the script instead of a draw.</summary>
    public const int Seed = -1;

    private static readonly Operation[] Operations =
    [
        .. OperationDraw.Beginning,
        new(OperationKind.SaveFull, "a", 1, 1, State: 1, Files: 1), new(OperationKind.SaveFull, "a", 2, 2),
        new(OperationKind.SavePatch, "a", 3, 3),
        new(OperationKind.SaveMasked, "a", 4, 1, 1, 2), new(OperationKind.SaveMasked, "a", 5, 2, 1, Files: 2),
        new(OperationKind.SaveMasked, "c", 1, 1, 1),
        new(OperationKind.SaveMasked, "c", 2, 2, 1), new(OperationKind.SaveFull, "c", 3, 3), new(OperationKind.PutState, "c", 3, State: 1),
        new(OperationKind.SetTag, "a", 2, Tag: "tag-1"), new(OperationKind.SetTag, "a", 4, Tag: "tag-1"),
        new(OperationKind.PutTask, "b", Content: 7),
        new(OperationKind.Recode), new(OperationKind.AddBase, "base-1", Content: 4), new(OperationKind.AddBase, "base-2", Content: 4),
        new(OperationKind.DeleteCheckpoint, "a", 1), new(OperationKind.DeleteCheckpoint, "a", 4), new(OperationKind.SaveFull, "a", 1, 3),
        new(OperationKind.SaveFull, "b", 1, 1, Files: 3), new(OperationKind.DeleteTask, "b"),
        new(OperationKind.RemoveTag, "a", Tag: "tag-1"),

        // What was deleted comes back, where its place is free. A base goes with its last name, unless a task is on it.
        new(OperationKind.Undelete, "a", 4), new(OperationKind.Undelete, "a", 1), new(OperationKind.Undelete, "a", 1, 12),
        new(OperationKind.DeleteCheckpoint, "a", 11),
        new(OperationKind.DeleteCheckpoint, "a", 4), new(OperationKind.UndeleteTask, "b"), new(OperationKind.SetTag, "b", 1, Tag: "tag-2"),
        new(OperationKind.DeleteTask, "b"), new(OperationKind.UndeleteTask, "b"), new(OperationKind.DeleteTask, "b"),
        new(OperationKind.RemoveBase, "base-1"), new(OperationKind.RemoveBase, "base-2"), new(OperationKind.RemoveBase, "wide"),

        // A branch, chains within it and across, and what lies on what is deleted.
        new(OperationKind.Branch, "d", Content: 3, Parent: "a:3"), new(OperationKind.SaveMasked, "d", 1, 1, 2),
        new(OperationKind.SavePatch, "d", 2, 2, Parent: "previous", Files: 3),
        new(OperationKind.SavePatch, "d", 4, 3, Parent: "d:2"), new(OperationKind.SaveMasked, "d", 5, 2, 2, Parent: "previous"),
        new(OperationKind.SaveMasked, "d", 7, 3, 2, 1, Parent: "previous"), new(OperationKind.SavePatch, "d", 8, 4, Parent: "previous"),
        new(OperationKind.SaveMasked, "a", 6, 4, 3, Parent: "d:7"),
        new(OperationKind.SaveFull, "d", 9, 1, Parent: "d:8", Files: 1), new(OperationKind.Pin, "d", 2),
        new(OperationKind.DeleteCheckpoint, "d", 2), new(OperationKind.DeleteCheckpoint, "a", 3), new(OperationKind.Fold, Content: 1),
        new(OperationKind.Collect, "d"),
        new(OperationKind.Unpin, "d", 2), new(OperationKind.DeleteCheckpoint, "d", 2), new(OperationKind.Collect),
        new(OperationKind.DeleteTask, "a"),
        new(OperationKind.Undelete, "d", 2), new(OperationKind.DeleteCheckpoint, "d", 2), new(OperationKind.Collect, Content: 1),
    ];

    public static int Length => Operations.Length;

    /// <summary>An operation of a run, or of the script.</summary>
    public static Operation At(int seed, int number) => seed == Seed ? Operations[number] : OperationDraw.Of(seed, number);
}
