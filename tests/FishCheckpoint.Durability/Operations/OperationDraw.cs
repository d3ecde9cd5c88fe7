namespace FishCheckpoint.Durability.Operations;

/// <summary>Draws operations: each from a seed and its number alone, so that a process that is killed and started again goes on as if it had not been.</summary>
public static class OperationDraw
{
    private const int Steps = 24;

    // How often each kind comes, in a hundred or so.
    private static readonly (OperationKind Kind, int Weight)[] Weights =
    [
        (OperationKind.AddBase, 6), (OperationKind.PutTask, 8), (OperationKind.SaveFull, 18), (OperationKind.SavePatch, 12), (OperationKind.SaveMasked, 24),
        (OperationKind.PutState, 6), (OperationKind.SetTag, 8), (OperationKind.RemoveTag, 3), (OperationKind.DeleteCheckpoint, 12), (OperationKind.DeleteTask, 1),
        (OperationKind.Recode, 5),
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

        var random = new Random(unchecked((seed * 1_000_003) + number));
        var kind = KindAt(random.Next(Weights.Sum(weight => weight.Weight)));
        var task = $"{(char)('a' + random.Next(3))}";
        var (step, content) = ((long)random.Next(Steps), random.Next(1, 5));
        var state = kind is OperationKind.PutState || random.Next(4) == 0 ? random.Next(1, 4) : 0;
        return kind switch
        {
            OperationKind.AddBase => new Operation(kind, $"base-{random.Next(6)}", Content: random.Next(3, 8)),
            OperationKind.Recode => new Operation(kind),
            OperationKind.SetTag or OperationKind.RemoveTag => new Operation(kind, task, step, Tag: $"tag-{random.Next(3)}"),
            OperationKind.SaveMasked => new Operation(kind, task, step, content, random.Next(1, 4), state),
            _ => new Operation(kind, task, step, content, State: state),
        };
    }

    private static OperationKind KindAt(int place)
    {
        foreach (var (kind, weight) in Weights)
        {
            if ((place -= weight) < 0)
            {
                return kind;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(place));
    }
}
