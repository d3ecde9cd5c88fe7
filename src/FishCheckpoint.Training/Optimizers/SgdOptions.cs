using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Options of <see cref="MaskedSgd"/>; names and defaults are those of <c>torch.optim.SGD</c>.</summary>
public sealed record SgdOptions
{
    /// <summary>The learning rate of the first step. Default: 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The momentum: the factor of the previous step. Default: 0, without any optimizer state.</summary>
    public double Momentum { get; init; }

    /// <summary>The share of a gradient that does not enter the momentum. Default: 0.</summary>
    public double Dampening { get; init; }

    /// <summary>The multiple of a value that is added to its gradient (L2). Default: 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether to use Nesterov momentum, which requires momentum and no dampening. Default: no.</summary>
    public bool Nesterov { get; init; }

    internal SgdOptions Validate()
    {
        OptionCheck.NotNegative(LearningRate, "learning_rate");
        OptionCheck.NotNegative(Momentum, "momentum");
        OptionCheck.NotNegative(WeightDecay, "weight_decay");
        return !Nesterov || (Momentum > 0 && Dampening == 0) ? this : throw new FishException(
            ErrorCode.RequestInvalid, "nesterov", "Nesterov momentum requires momentum and no dampening.",
            "Set momentum above 0 and dampening to 0.");
    }
}
