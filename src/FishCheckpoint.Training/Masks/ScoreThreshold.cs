using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The k-th highest score of many tensors, found by counting instead of sorting. Floats that are not negative have the order of their bits,
/// so a first pass counts the upper 16 bits, and a second one the lower 16 bits in the bucket of the k-th score.
/// </summary>
/// <param name="Value">The bits of the k-th highest score; all higher scores are chosen.</param>
/// <param name="Ties">How many of the equal scores are chosen: the first ones by layout order, then position.</param>
internal readonly record struct ScoreThreshold(int Value, long Ties)
{
    private const int Buckets = 1 << 16;
    private const int Infinity = 0x7F800000;

    /// <summary>Above every score: chooses nothing.</summary>
    public static ScoreThreshold None => new(int.MaxValue, 0);

    /// <summary>Chooses the positions of the highest scores.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="tensors">Which of them compete.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="count">How many positions to choose; at most the number of scores.</param>
    /// <exception cref="ArgumentException">Scores of a tensor have another length than the tensor.</exception>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a score is negative or not a number.</exception>
    public static List<TensorMask> Choose(Layout layout, IReadOnlyList<int> tensors, TensorScores scores, long count)
    {
        var threshold = Find(layout, tensors, scores, count);
        var (ties, chosen) = (threshold.Ties, new List<TensorMask>());
        foreach (var tensor in tensors)
        {
            chosen.Add(
                new TensorMask(tensor, ThresholdScan.Collect(scores(tensor), layout.Tensors[tensor].Units, threshold.Value, ref ties)));
        }

        return chosen;
    }

    /// <summary>Finds the threshold.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="tensors">Which of them compete.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="count">How many scores to choose; at most the number of scores.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a score is negative or not a number.</exception>
    public static ScoreThreshold Find(Layout layout, IReadOnlyList<int> tensors, TensorScores scores, long count)
    {
        var counts = new long[Buckets];
        foreach (var tensor in tensors)
        {
            var given = scores(tensor);
            var info = layout.Tensors[tensor];
            if (given.Length != 0 && given.Length != info.Units)
            {
                throw new ArgumentException($"Tensor '{info.Name}' has {info.Units} elements and {given.Length} scores.", nameof(scores));
            }

            if (!CountUpper(Bits(given), info.Units, counts))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, info.Name, "A score is negative or not a number.",
                    "Check gradients and parameters for NaN; lower the learning rate or the loss scale.");
            }
        }

        if (count == 0)
        {
            return None;
        }

        var upper = Descend(counts, ref count);
        Array.Clear(counts);
        foreach (var tensor in tensors)
        {
            CountLower(Bits(scores(tensor)), layout.Tensors[tensor].Units, upper, counts);
        }

        var lower = Descend(counts, ref count);
        return new ScoreThreshold((upper << 16) | lower, count);
    }

    /// <summary>The bits of scores as integers with the same order.</summary>
    public static ReadOnlySpan<int> Bits(ReadOnlySpan<float> scores) => MemoryMarshal.Cast<float, int>(scores);

    private static bool CountUpper(ReadOnlySpan<int> bits, long units, long[] counts)
    {
        var highest = 0u;
        foreach (var value in bits)
        {
            highest = Math.Max(highest, (uint)value);
            counts[(uint)value >> 16]++;
        }

        counts[0] += units - bits.Length;
        return highest <= Infinity;
    }

    private static void CountLower(ReadOnlySpan<int> bits, long units, int upper, long[] counts)
    {
        foreach (var value in bits)
        {
            if (value >> 16 == upper)
            {
                counts[value & (Buckets - 1)]++;
            }
        }

        counts[0] += upper == 0 ? units - bits.Length : 0;
    }

    // The bucket of the count-th highest score; count becomes its rank inside that bucket.
    private static int Descend(long[] counts, ref long count)
    {
        var bucket = Buckets - 1;
        while (counts[bucket] < count)
        {
            count -= counts[bucket--];
        }

        return bucket;
    }
}
