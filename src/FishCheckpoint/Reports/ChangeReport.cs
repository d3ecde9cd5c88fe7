namespace FishCheckpoint.Reports;

/// <summary>The differences between two states of a task.</summary>
/// <param name="Task">The task.</param>
/// <param name="From">The earlier state: <c>base</c>, a step, or <c>TASK:STEP</c>.</param>
/// <param name="To">The step of the later state.</param>
/// <param name="Changed">The number of values that differ bitwise.</param>
/// <param name="Elements">The number of all values.</param>
/// <param name="Density">Changed values divided by all values.</param>
/// <param name="Magnitude">How far the values moved; covers floats and integers only.</param>
/// <param name="TensorCount">The number of tensors in the model.</param>
/// <param name="Tensors">Each tensor, in layout order: at most 10,000; if there are more, those with the most changed values.</param>
public sealed record ChangeReport(
    string Task, string From, long To, long Changed, long Elements, double Density, ChangeMagnitude Magnitude, int TensorCount,
    IReadOnlyList<TensorChange> Tensors)
{
    /// <summary>The most tensors in a report.</summary>
    public const int MaxTensors = 10_000;
}

/// <summary>The differences between two states of a tensor.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Dtype">The spelling of its dtype, as in <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Elements">The number of values; the number of bytes if several values share one (F4, F6).</param>
/// <param name="Changed">The number of values that differ bitwise.</param>
/// <param name="Density">Changed values divided by all values; 0 for an empty tensor.</param>
/// <param name="Magnitude">How far the values moved; <see langword="null"/> for dtypes whose units are not numbers (F4, F6).</param>
public sealed record TensorChange(string Name, string Dtype, IReadOnlyList<long> Shape, long Elements, long Changed, double Density,
    ChangeMagnitude? Magnitude);

/// <summary>How far values moved: statistics of new value minus old value over the values that differ, in double precision.</summary>
/// <param name="L2">The root of the sum of squares.</param>
/// <param name="Rms">The root of the mean square over all values, including unchanged ones: comparable between tensors of any size.</param>
/// <param name="Mean">The mean distance of the values that differ.</param>
/// <param name="Max">The largest distance.</param>
/// <param name="Relative">L2 divided by the L2 of the old values at the same positions; 0 if these were all 0.</param>
/// <param name="NotFinite">Values that were or became NaN or infinite; no other number includes them.</param>
public sealed record ChangeMagnitude(double L2, double Rms, double Mean, double Max, double Relative, long NotFinite);
