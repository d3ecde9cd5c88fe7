namespace FishCheckpoint.Training;

/// <summary>The scalars of one step of Adam, made in double and rounded once, as PyTorch makes them.</summary>
/// <param name="Shrink">What values are multiplied with first (decoupled decay); 1 for not at all.</param>
/// <param name="Decay">The multiple of a value that is added to its gradient (L2).</param>
/// <param name="MeanWeight">1 - beta1: how far the mean goes to the gradient.</param>
/// <param name="MeanKept">1 - <paramref name="MeanWeight"/>, in float32, for going from the other end.</param>
/// <param name="SquareKept">beta2.</param>
/// <param name="SquareWeight">1 - beta2.</param>
/// <param name="CorrectionRoot">The square root of 1 - beta2^step.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="NegativeStep">The learning rate / (1 - beta1^step), negated.</param>
internal readonly record struct AdamFactors(
    float Shrink, float Decay, float MeanWeight, float MeanKept, float SquareKept, float SquareWeight, float CorrectionRoot, float Epsilon,
    float NegativeStep)
{
    /// <summary>The scalars of a step.</summary>
    public static AdamFactors Of(AdamOptions options, bool decoupled, double rate, long step)
    {
        var weight = (float)(1 - options.Beta1);
        return new AdamFactors(
            decoupled ? (float)(1 - (rate * options.WeightDecay)) : 1,
            decoupled ? 0 : (float)options.WeightDecay,
            weight,
            1 - weight,
            (float)options.Beta2,
            (float)(1 - options.Beta2),
            (float)Math.Sqrt(1 - Power(options.Beta2, step)),
            (float)options.Epsilon,
            (float)-(rate / (1 - Power(options.Beta1, step))));
    }

    /// <summary>
    /// A power by squaring: multiplications alone are rounded alike everywhere, which the powers of the systems' C libraries are not.
    /// </summary>
    public static double Power(double value, long exponent)
    {
        var power = 1.0;
        for (; exponent > 0; exponent >>= 1, value *= value)
        {
            power *= (exponent & 1) == 1 ? value : 1;
        }

        return power;
    }
}
