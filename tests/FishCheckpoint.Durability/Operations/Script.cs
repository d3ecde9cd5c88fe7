namespace FishCheckpoint.Durability.Operations;

/// <summary>A short run in which every kind of operation comes, and every form of a checkpoint.</summary>
public static class Script
{
    /// <summary>The seed that stands for the script instead of a draw.</summary>
    public const int Seed = -1;

    private static readonly Operation[] Operations =
    [
        .. OperationDraw.Beginning,
        new(OperationKind.SaveFull, "a", 1, 1, State: 1), new(OperationKind.SaveFull, "a", 2, 2), new(OperationKind.SavePatch, "a", 3, 3),
        new(OperationKind.SaveMasked, "a", 4, 1, 1, 2), new(OperationKind.SaveMasked, "a", 5, 2, 1), new(OperationKind.SaveMasked, "c", 1, 1, 1),
        new(OperationKind.SaveMasked, "c", 2, 2, 1), new(OperationKind.SaveFull, "c", 3, 3), new(OperationKind.PutState, "c", 3, State: 1),
        new(OperationKind.SetTag, "a", 2, Tag: "tag-1"), new(OperationKind.SetTag, "a", 4, Tag: "tag-1"), new(OperationKind.PutTask, "b", Content: 7),
        new(OperationKind.Recode), new(OperationKind.AddBase, "base-1", Content: 4), new(OperationKind.AddBase, "base-2", Content: 4),
        new(OperationKind.DeleteCheckpoint, "a", 1), new(OperationKind.DeleteCheckpoint, "a", 4), new(OperationKind.SaveFull, "a", 1, 3),
        new(OperationKind.SaveFull, "b", 1, 1), new(OperationKind.DeleteTask, "b"), new(OperationKind.RemoveTag, "a", Tag: "tag-1"),
    ];

    public static int Length => Operations.Length;

    /// <summary>An operation of a run, or of the script.</summary>
    public static Operation At(int seed, int number) => seed == Seed ? Operations[number] : OperationDraw.Of(seed, number);
}
