using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>Chooses the positions of a mask by score, or at random as a control.</summary>
public static class MaskSelection
{
    /// <summary>The FISH mask: the positions of the highest Fisher information over all tensors, and all positions that always train.</summary>
    /// <param name="fisher">The accumulated information.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions. Ties go to the earlier tensor, then to the lower position.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a score is not a number.</exception>
    public static Mask Fish(FisherInformation fisher, MaskRule rule) => Top(fisher.Layout, fisher.Scores, rule);

    /// <summary>The positions of the highest scores over all tensors, and all positions that always train.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="scores">Their scores, such as Fisher information or magnitudes.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <returns>A mask of exactly <see cref="MaskBudget.Total"/> positions. Ties go to the earlier tensor, then to the lower position.</returns>
    /// <remarks>Time is proportional to the number of elements, in four passes; memory beyond the scores to that of positions.</remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>, or a score is not a number.</exception>
    /// <exception cref="ArgumentException">Scores of a tensor have another length than the tensor.</exception>
    public static Mask Top(Layout layout, TensorScores scores, MaskRule rule)
    {
        var budget = MaskBudget.Compute(layout, rule);
        var competing = Competing(layout, rule);
        foreach (var tensor in competing)
        {
            var (length, info) = (scores(tensor).Length, layout.Tensors[tensor]);
            if (length != 0 && length != info.Units)
            {
                throw new ArgumentException($"Tensor '{info.Name}' has {info.Units} elements and {length} scores.", nameof(scores));
            }
        }

        var threshold = ScoreThreshold.Find(layout, competing, scores, budget.Free);
        var ties = threshold.Ties;
        var chosen = new List<TensorMask>();
        foreach (var tensor in competing)
        {
            chosen.Add(new TensorMask(tensor, ThresholdScan.Collect(scores(tensor), layout.Tensors[tensor].Units, threshold.Value, ref ties)));
        }

        return Mask.Create(layout, WithAlwaysTrained(layout, rule, chosen));
    }

    /// <summary>As many positions as <see cref="Top"/> would choose, each equally likely, and all positions that always train.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="rule">Budget and tensors.</param>
    /// <param name="seed">Names the choice: the same one gives the same mask.</param>
    /// <remarks>Selection sampling in one pass (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S): positions come out in order.</remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: see <see cref="MaskBudget.Compute"/>.</exception>
    public static Mask Random(Layout layout, MaskRule rule, long seed)
    {
        var budget = MaskBudget.Compute(layout, rule);
        var random = new SeededRandom(seed);
        var (wanted, left) = (budget.Free, budget.Trainable - budget.AlwaysTrained);
        var chosen = new List<TensorMask>();
        foreach (var tensor in Competing(layout, rule))
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

        return Mask.Create(layout, WithAlwaysTrained(layout, rule, chosen));
    }

    private static int[] Competing(Layout layout, MaskRule rule) =>
        [.. Indices(layout).Where(index => rule.Trainable(layout.Tensors[index]) && !rule.AlwaysTrained(layout.Tensors[index]))];

    private static IEnumerable<TensorMask> WithAlwaysTrained(Layout layout, MaskRule rule, IEnumerable<TensorMask> chosen) => chosen.Concat(
        Indices(layout).Where(index => rule.Trainable(layout.Tensors[index]) && rule.AlwaysTrained(layout.Tensors[index]))
            .Select(index => new TensorMask(index, All(layout.Tensors[index].Units))));

    private static IEnumerable<int> Indices(Layout layout) => Enumerable.Range(0, layout.Tensors.Count);

    private static long[] All(long units)
    {
        var positions = new long[units];
        for (var index = 0; index < positions.Length; index++)
        {
            positions[index] = index;
        }

        return positions;
    }
}
