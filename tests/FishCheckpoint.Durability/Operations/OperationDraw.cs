namespace FishCheckpoint.Durability.Operations;

/// <summary>
/// Draws operations: each from a seed and its number alone, so that a process that is killed and started again goes on as if it had not
/// been.
/// </summary>
public static class OperationDraw
{
    private const int Steps = 14;

    // A run begins with what the second schema can hold: so that stores of that schema are migrated too.
    private const int EarlierOperations = 40;
    private const int EarlierKinds = 11;

    // How often each kind comes, in a hundred or so.
    private static readonly (OperationKind Kind, int Weight)[] Weights =
    [
        (OperationKind.AddBase, 6), (OperationKind.PutTask, 8), (OperationKind.SaveFull, 18), (OperationKind.SavePatch, 16),
        (OperationKind.SaveMasked, 24),
        (OperationKind.PutState, 6), (OperationKind.SetTag, 6), (OperationKind.RemoveTag, 3), (OperationKind.DeleteCheckpoint, 12),
        (OperationKind.DeleteTask, 1),
        (OperationKind.Recode, 4), (OperationKind.Branch, 8), (OperationKind.Pin, 4), (OperationKind.Unpin, 4), (OperationKind.Fold, 6),
        (OperationKind.Collect, 6),
        (OperationKind.Undelete, 8), (OperationKind.UndeleteTask, 3), (OperationKind.RemoveBase, 3),
    ];

    /// <summary>What a store is begun with.</summary>
    public static IReadOnlyList<Operation> Beginning { get; } =
    [
        new(OperationKind.AddBase, "wide", Content: 1), new(OperationKind.AddBase, "narrow", Content: 2),
        new(OperationKind.PutTask, "a"), new(OperationKind.PutTask, "b"), new(OperationKind.PutTask, "c"),
    ];

    /// <summary>An operation of a run.</summary>
    public static Operation Of(int seed, int number)
    {
        if (number < Beginning.Count)
        {
            return Beginning[number];
        }

        var (random, kind) = Begin(seed, number);

        // Branches are not always there.
        var task = $"{"aabbcde"[random.Next(7)]}";
        var (step, content) = ((long)random.Next(Steps), random.Next(1, 5));
        var state = kind is OperationKind.PutState || random.Next(4) == 0 ? random.Next(1, 4) : 0;
        var files = number >= EarlierOperations && random.Next(3) == 0 ? random.Next(1, Contents.FileSets + 1) : 0;
        return kind switch
        {
            OperationKind.AddBase => new Operation(kind, $"base-{random.Next(6)}", Content: random.Next(3, 8)),
            OperationKind.PutTask => new Operation(kind, $"{Contents.Tasks[random.Next(Contents.Branches)]}", Content: content),

            // All branches are of the wide base.
            OperationKind.Branch => new Operation(
                kind, $"{Contents.Tasks[random.Next(Contents.Branches, Contents.Tasks.Length)]}", Content: content,
                Parent: CheckpointOf(random, "abde")),
            OperationKind.Recode => new Operation(kind),
            OperationKind.Fold => new Operation(kind, random.Next(3) == 0 ? task : "", Content: content),
            OperationKind.Collect => new Operation(kind, random.Next(2) == 0 ? task : "", Content: random.Next(4) == 0 ? 1 : 0),
            OperationKind.Undelete => LastOf(OperationKind.DeleteCheckpoint, seed, number) is { } gone
                ? new Operation(kind, gone.Task, gone.Step, random.Next(2) * random.Next(1, Steps + 1)) : new Operation(kind, task, step),
            OperationKind.UndeleteTask => new Operation(kind, LastOf(OperationKind.DeleteTask, seed, number)?.Task ?? task),
            OperationKind.RemoveBase => new Operation(kind, $"base-{random.Next(6)}"),
            OperationKind.SetTag or OperationKind.RemoveTag => new Operation(kind, task, step, Tag: $"tag-{random.Next(3)}"),
            OperationKind.SaveFull or OperationKind.SavePatch =>
                new Operation(kind, task, step, content, State: state, Parent: ParentOf(random), Files: files),
            OperationKind.SaveMasked => new Operation(
                kind, task, step, content, random.Next(1, 4), state, Parent: ParentOf(random), Files: files),
            _ => new Operation(kind, task, step, content, State: state),
        };
    }

    private static (Random Random, OperationKind Kind) Begin(int seed, int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        return (random, KindOf(random, number < EarlierOperations ? Weights[..EarlierKinds] : Weights));
    }

    // One of the last few of a kind, so that most of what is to come back was there.
    private static Operation? LastOf(OperationKind kind, int seed, int number)
    {
        var earlier = Enumerable.Range(1, Math.Min(60, number - Beginning.Count)).Where(back => Begin(seed, number - back).Kind == kind)
            .Take(3).ToArray();
        return earlier.Length == 0 ? null : Of(seed, number - earlier[number % earlier.Length]);
    }

    // Half on what was before, so that chains grow; a quarter as the store likes it.
    private static string ParentOf(Random random) => random.Next(8) switch
    {
        < 2 => "",
        < 6 => "previous",
        6 => "base",
        _ => CheckpointOf(random, Contents.Tasks),
    };

    private static string CheckpointOf(Random random, string tasks) => $"{tasks[random.Next(tasks.Length)]}:{random.Next(Steps)}";

    private static OperationKind KindOf(Random random, (OperationKind Kind, int Weight)[] weights)
    {
        var place = random.Next(weights.Sum(weight => weight.Weight));
        return weights.First(weight => (place -= weight.Weight) < 0).Kind;
    }
}
