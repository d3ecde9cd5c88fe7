using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The distribution of a mask's positions over the tensors.</summary>
/// <param name="Tensors">Every tensor of the layout, in order, also those without positions.</param>
/// <param name="Elements">Elements of all tensors.</param>
/// <param name="Trainable">Elements that count in the budget; all elements if no rule was given.</param>
/// <param name="Positions">Positions of the mask.</param>
public sealed record MaskReport(IReadOnlyList<TensorReport> Tensors, long Elements, long Trainable, long Positions)
{
    /// <summary>Positions without repetitions of earlier tensors: those that the budget counted.</summary>
    public long Counted => Tensors.Where(tensor => tensor.Role != TensorRole.Alias).Sum(tensor => tensor.Positions);

    /// <summary>The share of the trainable elements in the mask, from 0 to 1; 0 if there are none.</summary>
    public double Density => Trainable == 0 ? 0 : (double)Counted / Trainable;

    /// <summary>Creates the report of a mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="rule">The rule that chose it; <see langword="null"/> if unknown: each tensor then counts as competing.</param>
    public static MaskReport Of(Mask mask, MaskRule? rule = null)
    {
        var (layout, trained) = (mask.Layout, rule is null ? null : new TrainedTensors(mask.Layout, rule));
        var positions = mask.Tensors.ToDictionary(tensor => tensor.Tensor, tensor => tensor.Positions.Length);
        TensorReport[] tensors = [.. layout.Tensors.Select((info, index) => new TensorReport(
            info, trained?.RoleOf(index) ?? TensorRole.Competing, info.Units, positions.GetValueOrDefault(index), mask.Count))];
        return new MaskReport(
            tensors,
            tensors.Sum(tensor => tensor.Elements),
            tensors.Where(tensor => tensor.Role is TensorRole.Competing or TensorRole.AlwaysTrained).Sum(tensor => tensor.Elements),
            mask.Count);
    }
}

/// <summary>The positions of a mask in one tensor.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Role">Its role in the rule.</param>
/// <param name="Elements">Its addressable elements.</param>
/// <param name="Positions">How many of them are in the mask.</param>
/// <param name="MaskPositions">Positions of the whole mask.</param>
public sealed record TensorReport(TensorInfo Tensor, TensorRole Role, long Elements, long Positions, long MaskPositions)
{
    /// <summary>The share of the mask in this tensor, from 0 to 1.</summary>
    public double Share => MaskPositions == 0 ? 0 : (double)Positions / MaskPositions;

    /// <summary>The share of the tensor in the mask, from 0 to 1.</summary>
    public double Density => Elements == 0 ? 0 : (double)Positions / Elements;
}
