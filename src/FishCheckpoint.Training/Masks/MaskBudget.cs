using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>How many positions a mask is to have: the arithmetic of a <see cref="MaskRule"/> on a layout.</summary>
/// <param name="Trainable">Elements of all trainable tensors, those that always train included; of tied tensors once.</param>
/// <param name="Total">Positions of the mask, repetitions in aliases not counted: the ratio of <paramref name="Trainable"/>, rounded
/// down.</param>
/// <param name="AlwaysTrained">Positions of the tensors that always train.</param>
/// <remarks>
/// As in the paper's code (Sung, Nair, Raffel, "Training Neural Networks with Fixed Sparse Masks", 2021): <c>k = floor(total * ratio) -
/// head</c>. The ratio is taken as the decimal that it was written as, so that 29% of 100 is 29 and not, as with binary floats, 28.
/// </remarks>
public readonly record struct MaskBudget(long Trainable, long Total, long AlwaysTrained)
{
    /// <summary>Positions to be chosen outside of the tensors that always train.</summary>
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
                ErrorCode.RequestInvalid, "ratio", $"{rule.Ratio} is no share of the elements.", "Give a ratio from 0 to 1, as in 0.005.");
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
