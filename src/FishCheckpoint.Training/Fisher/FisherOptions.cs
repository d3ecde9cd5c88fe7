using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>How the Fisher information is estimated.</summary>
public sealed record FisherOptions
{
    /// <summary>Which labels the gradients use. Default: <see cref="FisherKind.Empirical"/>.</summary>
    public FisherKind Kind { get; init; } = FisherKind.Empirical;

    /// <summary>Which function of the gradients is summed. Default: <see cref="FisherPower.Square"/>.</summary>
    public FisherPower Power { get; init; } = FisherPower.Square;

    /// <summary>The largest number of examples to use. Default: 1,024, as in the paper.</summary>
    public int Samples { get; init; } = 1024;

    /// <summary>
    /// The examples to use, in this order, up to <see cref="Samples"/> of them. Default: <see langword="null"/>, for <see cref="Samples"/>
    /// examples drawn without repetition.
    /// </summary>
    public IReadOnlyList<int>? Examples { get; init; }

    /// <summary>The seed for drawing examples and labels: the same seed gives the same bits. Default: 0.</summary>
    public long Seed { get; init; }

    /// <summary>The examples to use, in order.</summary>
    internal int[] Choose(int available, SeededRandom random)
    {
        if (Samples < 0)
        {
            throw new FishException(ErrorCode.RequestInvalid, "samples", $"{Samples} is not a valid number of examples.",
                "Give 0 or more.");
        }

        if (Examples is null)
        {
            return Draw(Math.Min(Samples, available), available, random);
        }

        int[] chosen = [.. Examples.Take(Samples)];
        foreach (var example in chosen)
        {
            if ((uint)example >= (uint)available)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, "examples", $"There is no example {example} of {available}.", "Count examples from 0.");
            }
        }

        return chosen;
    }

    // The first steps of a Fisher-Yates shuffle that records only the moved entries, so that the cost depends on the draws, not the data.
    private static int[] Draw(int count, int available, SeededRandom random)
    {
        var (chosen, moved) = (new int[count], new Dictionary<int, int>());
        for (var index = 0; index < count; index++)
        {
            var other = index + (int)random.Below(available - index);
            chosen[index] = moved.GetValueOrDefault(other, other);
            moved[other] = moved.GetValueOrDefault(index, index);
        }

        return chosen;
    }
}
