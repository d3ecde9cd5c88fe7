using System.Globalization;

namespace FishCheckpoint.Training;

/// <summary>The result of a leak check: values that training changed outside the mask.</summary>
/// <param name="Step">The step that was checked.</param>
/// <param name="Tensors">The tensors with such values, in layout order; empty when there are none.</param>
/// <param name="Duration">How long the training thread waited for the check.</param>
public sealed record LeakReport(long Step, IReadOnlyList<TensorLeak> Tensors, TimeSpan Duration)
{
    /// <summary>The number of leaked values.</summary>
    public long Count => Tensors.Sum(tensor => tensor.Count);

    /// <summary>
    /// The leaks as text, such as <c>step 10: 4,096 values of 2 tensors changed outside of the mask (fc1.weight: 4,000 at 0, 1, 2, ...;
    /// fc1.bias: 96 at 5, ...)</c>.
    /// </summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"step {Step}: {Count:N0} values of {Tensors.Count} tensors changed outside of the mask "
            + $"({string.Join("; ", Tensors.Take(5))}{(Tensors.Count > 5 ? "; ..." : string.Empty)})");
}

/// <summary>The leaked values of one tensor.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Count">How many.</param>
/// <param name="First">Flat positions of the first few of them, ascending.</param>
public sealed record TensorLeak(string Name, long Count, IReadOnlyList<long> First)
{
    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Count:N0} at {string.Join(", ", First)}{(Count > First.Count ? ", ..." : string.Empty)}");
}
