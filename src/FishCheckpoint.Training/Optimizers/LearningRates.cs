namespace FishCheckpoint.Training;

/// <summary>Learning rates as functions of the step: they have no state to save.</summary>
public static class LearningRates
{
    /// <summary>Linear warmup from 0 to the peak, then linear decay to 0 at the end; 0 afterwards.</summary>
    /// <param name="step">Steps taken before this one.</param>
    /// <param name="warmup">Number of warmup steps; 0 for none.</param>
    /// <param name="total">Total number of steps.</param>
    /// <param name="peak">The highest rate.</param>
    public static double Linear(long step, long warmup, long total, double peak) => step < warmup
        ? peak * step / warmup
        : peak * (1 - Progress(step, warmup, total));

    /// <summary>
    /// Linear warmup from 0 to the peak, then half a cosine down to the lowest rate (Loshchilov and Hutter, "SGDR", 2017), which stays.
    /// </summary>
    /// <param name="step">Steps taken before this one.</param>
    /// <param name="warmup">Number of warmup steps; 0 for none.</param>
    /// <param name="total">Total number of steps.</param>
    /// <param name="peak">The highest rate.</param>
    /// <param name="lowest">The rate at the end.</param>
    public static double Cosine(long step, long warmup, long total, double peak, double lowest = 0) => step < warmup
        ? peak * step / warmup
        : lowest + ((peak - lowest) * (1 + Math.Cos(Math.PI * Progress(step, warmup, total))) / 2);

    private static double Progress(long step, long warmup, long total) => step >= total ? 1 : (double)(step - warmup) / (total - warmup);
}
