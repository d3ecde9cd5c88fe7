namespace FishCheckpoint.Reports;

/// <summary>What tells two states of a task apart.</summary>
/// <param name="Task">The task.</param>
/// <param name="From">The state that it is told from: <c>base</c>, a step, or <c>TASK:STEP</c>.</param>
/// <param name="To">The step of the other state.</param>
/// <param name="Changed">Values that differ, by their bits.</param>
/// <param name="Elements">Values that there are.</param>
/// <param name="Density">The first to the second.</param>
/// <param name="Magnitude">How far the values moved; of floats and integers alone.</param>
/// <param name="TensorCount">How many tensors the model has.</param>
/// <param name="Tensors">Each tensor, in the order of the layout: at most 10,000; where there are more, those with the most changed
/// values.</param>
public sealed record ChangeReport(
    string Task, string From, long To, long Changed, long Elements, double Density, ChangeMagnitude Magnitude, int TensorCount,
    IReadOnlyList<TensorChange> Tensors)
{
    /// <summary>The most tensors that a report tells of.</summary>
    public const int MaxTensors = 10_000;
}

/// <summary>What tells a tensor of two states apart.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Dtype">The spelling of its dtype, as in <c>F32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Elements">Its values; bytes where several values share one (F4, F6).</param>
/// <param name="Changed">Those of them that differ, by their bits.</param>
/// <param name="Density">The second to the first; 0 for an empty tensor.</param>
/// <param name="Magnitude">How far they moved; <see langword="null"/> for dtypes whose units are no numbers (F4, F6).</param>
public sealed record TensorChange(string Name, string Dtype, IReadOnlyList<long> Shape, long Elements, long Changed, double Density,
    ChangeMagnitude? Magnitude);

/// <summary>How far values moved: figures of new value less old value, over the values that differ, computed in double precision.</summary>
/// <param name="L2">The root of the sum of squares.</param>
/// <param name="Rms">The root of the mean square over all values, unchanged ones included: comparable between tensors of any size.</param>
/// <param name="Mean">The mean distance of those that differ.</param>
/// <param name="Max">The largest distance.</param>
/// <param name="Relative">L2 to the L2 of the old values at the same positions; 0 where these were all 0.</param>
/// <param name="NotFinite">Values that were or became no finite number; they count in no other figure.</param>
public sealed record ChangeMagnitude(double L2, double Rms, double Mean, double Max, double Relative, long NotFinite);
