using System.Diagnostics;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>Repeated times of one thing.</summary>
internal sealed class Samples
{
    private readonly List<double> seconds = [];

    /// <summary>How long each time took.</summary>
    public IReadOnlyList<double> Seconds => seconds;

    /// <summary>Seconds in all.</summary>
    public double Total => seconds.Sum();

    /// <summary>How often it was timed.</summary>
    public int Count => seconds.Count;

    /// <summary>
    /// Runs something and keeps how long it took. What others left to be collected is collected before, so that it is not paid for here.
    /// </summary>
    public T Time<T>(Func<T> work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var begin = Stopwatch.GetTimestamp();
        var result = work();
        seconds.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        return result;
    }

    /// <summary>Runs something without a result.</summary>
    public void Time(Action work) => Time(() =>
    {
        work();
        return true;
    });

    /// <summary>Amounts a second: the median, and the quartiles where there are enough samples for them.</summary>
    public string Rate(double amount)
    {
        var rates = seconds.Select(time => amount / time).Order().ToArray();
        var median = Show(rates[rates.Length / 2]);
        return rates.Length < 4 ? median : $"{median} ({Show(rates[rates.Length / 4])}–{Show(rates[rates.Length * 3 / 4])})";
    }

    private static string Show(double rate) => rate switch { >= 100 => $"{rate:N0}", >= 10 => $"{rate:0.0}", _ => $"{rate:0.00}" };
}
