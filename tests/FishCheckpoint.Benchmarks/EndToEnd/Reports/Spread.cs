namespace FishCheckpoint.Benchmarks.EndToEnd.Reports;

/// <summary>The middle of some measurements, and the quartiles around it.</summary>
internal readonly record struct Spread(double Low, double Median, double High)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Spread(At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75));
    }

    /// <summary>The spread of the quotients of measurements that were made in the same turns.</summary>
    public static Spread OfRatios(IEnumerable<double> above, IEnumerable<double> below) => Of(above.Zip(below, (left, right) => left / right));

    /// <summary>Median and quartiles as in <c>1.52 (1.44 to 1.60)</c>.</summary>
    public string Text(string format) => $"{Median.ToString(format)} ({Low.ToString(format)} to {High.ToString(format)})";

    private static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var (below, part) = ((int)place, place - Math.Floor(place));
        return sorted[below] + (part * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
