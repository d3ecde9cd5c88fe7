namespace FishCheckpoint.Training;

/// <summary>Learning rates as functions of the step: they hold no state, so nothing of them has to be saved.</summary>
public static class LearningRates
{
    /// <summary>From 0 up to the peak in equal parts, then down to 0 at the end in equal parts; 0 afterwards.</summary>
    /// <param name="step">Steps taken before this one.</param>
    /// <param name="warmup">Steps of the way up; 0 for none.</param>
    /// <param name="total">Steps of the whole.</param>
    /// <param name="peak">The highest rate.</param>
    public static double Linear(long step, long warmup, long total, double peak) => step < warmup
        ? peak * step / warmup
        : peak * (1 - Progress(step, warmup, total));

    /// <summary>
    /// From 0 up to the peak in equal parts, then down to the lowest rate along half a cosine (Loshchilov and Hutter, "SGDR", 2017), where
    /// it stays.
    /// </summary>
    /// <param name="step">Steps taken before this one.</param>
    /// <param name="warmup">Steps of the way up; 0 for none.</param>
    /// <param name="total">Steps of the whole.</param>
    /// <param name="peak">The highest rate.</param>
    /// <param name="lowest">The rate at the end.</param>
    public static double Cosine(long step, long warmup, long total, double peak, double lowest = 0) => step < warmup
        ? peak * step / warmup
        : lowest + ((peak - lowest) * (1 + Math.Cos(Math.PI * Progress(step, warmup, total))) / 2);

    private static double Progress(long step, long warmup, long total) => step >= total ? 1 : (double)(step - warmup) / (total - warmup);
}
