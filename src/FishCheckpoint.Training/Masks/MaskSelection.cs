using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>Chooses the positions of a mask by score, by name, or at random as a control.</summary>
/// <remarks>
/// With <see cref="MaskRule.Tied"/>, the first tensor of each group competes, and its aliases repeat its positions: the mask then has
/// <see cref="MaskBudget.Total"/> positions plus the repetitions.
/// </remarks>
public static class MaskSelection
{
    /// <summary>
    /// The FISH mask: the positions of the highest Fisher information over all tensors, and all positions that always train.
    /// </summary>
    /// <param name="fisher">The accumulated information.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions. Ties go to the earlier tensor, then to the lower
    /// position.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a score is not a
    /// number.</exception>
    public static Mask Fish(FisherInformation fisher, MaskRule rule) => Top(fisher.Layout, fisher.Scores, rule);

    /// <summary>The positions of the highest scores over all tensors, and all positions that always train.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="scores">Their scores, such as Fisher information or magnitudes.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions. Ties go to the earlier tensor, then to the lower
    /// position.</returns>
    /// <remarks>
    /// Time is proportional to the number of elements, in four passes; memory beyond the scores is proportional to the positions.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a score is not a
    /// number.</exception>
    /// <exception cref="ArgumentException">Scores of a tensor have another length than the tensor.</exception>
    public static Mask Top(Layout layout, TensorScores scores, MaskRule rule)
    {
        var (budget, tensors) = (MaskBudget.Compute(layout, rule), new TrainedTensors(layout, rule));
        return tensors.Complete(ScoreThreshold.Choose(layout, tensors.Competing, scores, budget.Free));
    }

    /// <summary>
    /// The positions of the highest scores within each tensor, at the same share of each, and all positions that always train.
    /// </summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="scores">Their scores, such as Fisher information or magnitudes.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions: <see cref="MaskBudget.Free"/> is split in proportion to the
    /// competing tensors' elements and rounded down. The remaining positions go, one each, to the tensors with the largest fractions,
    /// earlier ones first. Ties inside a tensor go to the lower position.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a score is not a
    /// number.</exception>
    /// <exception cref="ArgumentException">Scores of a tensor have another length than the tensor.</exception>
    public static Mask TopOfEach(Layout layout, TensorScores scores, MaskRule rule)
    {
        var (budget, tensors) = (MaskBudget.Compute(layout, rule), new TrainedTensors(layout, rule));
        var shares = BudgetShares.Split([.. tensors.Competing.Select(tensor => layout.Tensors[tensor].Units)], budget.Free);
        return tensors.Complete(
            tensors.Competing.Zip(shares).SelectMany(pair => ScoreThreshold.Choose(layout, [pair.First], scores, pair.Second)));
    }

    /// <summary>The positions of the largest absolute values over all tensors, and all positions that always train.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="tensorBytes">Their values: F32, F16 or BF16.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions. Ties go to the earlier tensor, then to the lower
    /// position.</returns>
    /// <remarks>Takes 4 bytes of memory per element of the largest tensor.</remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a value is not a
    /// number; <see cref="ErrorCode.DtypeMismatch"/>: a competing tensor has another dtype.</exception>
    public static Mask Magnitude(Layout layout, TensorBytes tensorBytes, MaskRule rule) =>
        Top(layout, new Magnitudes(layout, tensorBytes).Of, rule);

    /// <summary>
    /// BitFit (Ben Zaken, Ravfogel, Goldberg, "BitFit: Simple Parameter-efficient Fine-tuning for Transformer-based Masked
    /// Language-models", 2022): every position of the bias terms, and of the tensors that always train.
    /// </summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="rule">The tensors; its ratio is ignored: the bias terms give the size of the mask.</param>
    /// <param name="isBias">Which tensors are bias terms. Default: <see cref="MaskRule.IsBias"/>.</param>
    public static Mask BitFit(Layout layout, MaskRule rule, Func<TensorInfo, bool>? isBias = null) =>
        new TrainedTensors(layout, rule with { AlwaysTrained = MaskRule.AnyOf(rule.AlwaysTrained, isBias ?? MaskRule.IsBias) })
            .Complete([]);

    /// <summary>As many positions as <see cref="Top"/> would choose, all equally likely, and all positions that always train.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <param name="seed">The seed; the same seed gives the same mask.</param>
    /// <remarks>
    /// Selection sampling in one pass (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S), which gives the positions in
    /// order.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>.</exception>
    public static Mask Random(Layout layout, MaskRule rule, long seed)
    {
        var (budget, tensors) = (MaskBudget.Compute(layout, rule), new TrainedTensors(layout, rule));
        var random = new SeededRandom(seed);
        var (wanted, left) = (budget.Free, budget.Trainable - budget.AlwaysTrained);
        var chosen = new List<TensorMask>();
        foreach (var tensor in tensors.Competing)
        {
            var positions = new List<long>();
            for (long position = 0, units = layout.Tensors[tensor].Units; position < units && wanted > 0; position++, left--)
            {
                if (random.Below(left) < wanted)
                {
                    positions.Add(position);
                    wanted--;
                }
            }

            chosen.Add(new TensorMask(tensor, positions.ToArray()));
        }

        return tensors.Complete(chosen);
    }
}
