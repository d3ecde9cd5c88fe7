using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The number of positions of a mask: the arithmetic of a <see cref="MaskRule"/> on a layout.</summary>
/// <param name="Trainable">Elements of all trainable tensors, including those that always train; tied tensors count once.</param>
/// <param name="Total">Positions of the mask without repetitions in aliases: the ratio of <paramref name="Trainable"/>, rounded
/// down.</param>
/// <param name="AlwaysTrained">Positions of the tensors that always train.</param>
/// <remarks>
/// As in the paper's code (Sung, Nair, Raffel, "Training Neural Networks with Fixed Sparse Masks", 2021): <c>k = floor(total * ratio) -
/// head</c>. The ratio counts as the decimal number that was written, so 29% of 100 is 29; binary floats would give 28.
/// </remarks>
public readonly record struct MaskBudget(long Trainable, long Total, long AlwaysTrained)
{
    /// <summary>Positions to choose outside the tensors that always train.</summary>
    public long Free => Total - AlwaysTrained;

    /// <summary>Computes the budget.</summary>
    /// <exception cref="FishException">
    /// <see cref="ErrorCode.RequestInvalid"/>: the ratio is not between 0 and 1, or the tensors that always train exceed the budget alone.
    /// </exception>
    public static MaskBudget Compute(Layout layout, MaskRule rule)
    {
        if (!(rule.Ratio is >= 0 and <= 1))
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "ratio", $"{rule.Ratio} is not a ratio.", "Give a ratio from 0 to 1, such as 0.005.");
        }

        var tensors = new TrainedTensors(layout, rule);
        var always = tensors.UnitsOf(tensors.Always);
        var trainable = always + tensors.UnitsOf(tensors.Competing);
        var budget = new MaskBudget(trainable, (long)decimal.Floor((decimal)rule.Ratio * trainable), always);
        return budget.Free >= 0 ? budget : throw new FishException(
            ErrorCode.RequestInvalid,
            "ratio",
            $"The tensors that always train have {always} elements; a ratio of {rule.Ratio} of {trainable} allows {budget.Total}.",
            "Raise the ratio, or let fewer tensors always train.");
    }
}
