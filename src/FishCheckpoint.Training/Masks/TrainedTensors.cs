using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The roles of all tensors under a <see cref="MaskRule"/>. Tied tensors count as one: they train if any of them does, and always if any of
/// them always does.
/// </summary>
internal sealed class TrainedTensors
{
    private readonly Layout layout;
    private readonly MaskRule rule;

    public TrainedTensors(Layout layout, MaskRule rule)
    {
        (this.layout, this.rule) = (layout, rule);
        var canonical = Enumerable.Range(0, layout.Tensors.Count)
            .Where(tensor => rule.Tied.CanonicalOf(tensor) == tensor && Any(tensor, rule.Trainable))
            .ToLookup(tensor => Any(tensor, rule.AlwaysTrained));
        (Competing, Always) = ([.. canonical[false]], [.. canonical[true]]);
    }

    /// <summary>Tensors whose positions compete for the budget, in layout order, without aliases.</summary>
    public int[] Competing { get; }

    /// <summary>Tensors that the mask includes whole, in layout order, without aliases.</summary>
    public int[] Always { get; }

    /// <summary>The number of units of some tensors.</summary>
    public long UnitsOf(IEnumerable<int> tensors) => tensors.Sum(tensor => layout.Tensors[tensor].Units);

    /// <summary>The role of a tensor in the rule.</summary>
    public TensorRole RoleOf(int tensor)
    {
        var canonical = rule.Tied.CanonicalOf(tensor);
        return !Any(canonical, rule.Trainable) ? TensorRole.Frozen
            : canonical != tensor ? TensorRole.Alias
            : Any(canonical, rule.AlwaysTrained) ? TensorRole.AlwaysTrained : TensorRole.Competing;
    }

    /// <summary>The mask of the chosen positions, the tensors that always train, and all aliases.</summary>
    public Mask Complete(IEnumerable<TensorMask> chosen) =>
        Mask.Create(layout, rule.Tied.WithAliases(chosen.Concat(Always.Select(tensor => new TensorMask(tensor, All(tensor))))));

    /// <summary>Every position of a tensor.</summary>
    public long[] All(int tensor)
    {
        var positions = new long[layout.Tensors[tensor].Units];
        for (var index = 0; index < positions.Length; index++)
        {
            positions[index] = index;
        }

        return positions;
    }

    private bool Any(int canonical, Func<TensorInfo, bool> predicate) =>
        rule.Tied.GroupOf(canonical).Any(tensor => predicate(layout.Tensors[tensor]));
}
