namespace FishCheckpoint.Training;

/// <summary>
/// Options of <see cref="MaskedAdam"/> and <see cref="MaskedAdamW"/>; names and defaults are those of <c>torch.optim</c>.
/// </summary>
public record AdamOptions
{
    /// <summary>The learning rate of the first step. Default: 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The decay rate of the mean of the gradients, from 0 to below 1. Default: 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>The decay rate of the mean of the squared gradients, from 0 to below 1. Default: 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator. Default: 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// <see cref="MaskedAdam"/>: the multiple of a value that is added to its gradient (L2); default 0. <see cref="MaskedAdamW"/>: the
    /// multiple of a value that, times the learning rate, is subtracted from it; default 0.01.
    /// </summary>
    public double WeightDecay { get; init; }

    internal AdamOptions Validate()
    {
        OptionCheck.NotNegative(LearningRate, "learning_rate");
        OptionCheck.NotNegative(Epsilon, "epsilon");
        OptionCheck.NotNegative(WeightDecay, "weight_decay");
        OptionCheck.BelowOne(Beta1, "beta1");
        OptionCheck.BelowOne(Beta2, "beta2");
        return this;
    }
}

/// <summary>Options of <see cref="MaskedAdamW"/>, with a default weight decay of 0.01.</summary>
public sealed record AdamWOptions : AdamOptions
{
    /// <summary>Creates options with the defaults of <c>torch.optim.AdamW</c>.</summary>
    public AdamWOptions() => WeightDecay = 1e-2;
}
