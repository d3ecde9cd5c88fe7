namespace FishCheckpoint.Training;

/// <summary>Draws labels by their probabilities, which need not sum to exactly 1.</summary>
internal static class LabelDraw
{
    /// <summary>Whether the values are valid label probabilities: finite, not negative, not all 0.</summary>
    public static bool IsDistribution(ReadOnlySpan<float> probabilities)
    {
        var sum = 0.0;
        foreach (var probability in probabilities)
        {
            if (!(probability >= 0))
            {
                return false;
            }

            sum += probability;
        }

        return sum > 0 && double.IsFinite(sum);
    }

    /// <summary>Draws a label by inverting the cumulative sum in label order.</summary>
    public static int Draw(ReadOnlySpan<float> probabilities, SeededRandom random)
    {
        var sum = 0.0;
        foreach (var probability in probabilities)
        {
            sum += probability;
        }

        var left = random.NextDouble() * sum;
        var last = 0;
        for (var label = 0; label < probabilities.Length; label++)
        {
            if (probabilities[label] > 0)
            {
                left -= probabilities[label];
                last = label;
                if (left < 0)
                {
                    break;
                }
            }
        }

        return last;
    }
}
