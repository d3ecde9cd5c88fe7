namespace FishCheckpoint.Training;

/// <summary>The scalars of one Adam step, computed in double and rounded once, like PyTorch.</summary>
/// <param name="Shrink">The first factor of the values (decoupled decay); 1 for none.</param>
/// <param name="Decay">The multiple of a value that is added to its gradient (L2).</param>
/// <param name="MeanWeight">1 - beta1: how far the mean moves to the gradient.</param>
/// <param name="MeanKept">1 - <paramref name="MeanWeight"/>, in float32, for the interpolation from the other end.</param>
/// <param name="SquareKept">beta2.</param>
/// <param name="SquareWeight">1 - beta2.</param>
/// <param name="CorrectionRoot">The square root of 1 - beta2^step.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="NegativeStep">The learning rate / (1 - beta1^step), negated.</param>
internal readonly record struct AdamFactors(
    float Shrink, float Decay, float MeanWeight, float MeanKept, float SquareKept, float SquareWeight, float CorrectionRoot, float Epsilon,
    float NegativeStep)
{
    /// <summary>Computes the scalars of a step.</summary>
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

    /// <summary>A power by squaring. Multiplications round alike on every machine; the C libraries' powers do not.</summary>
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
