using System.Diagnostics;

namespace FishCheckpoint.Bench;

/// <summary>Repeated times of one operation, in seconds.</summary>
internal sealed class Timings
{
    private readonly List<double> seconds = [];

    public IReadOnlyList<double> Seconds => seconds;

    /// <summary>The median; of two middle times, the longer.</summary>
    public double Median => seconds.Order().ElementAt(seconds.Count / 2);

    public void Add(TimeSpan time) => seconds.Add(time.TotalSeconds);

    /// <summary>Discards the times of the warm-up.</summary>
    public void Clear() => seconds.Clear();

    /// <summary>Runs an action and records its time; collects garbage first.</summary>
    public T Time<T>(Func<T> work)
    {
        GC.Collect();
        var begin = Stopwatch.GetTimestamp();
        var result = work();
        Add(Stopwatch.GetElapsedTime(begin));
        return result;
    }

    /// <summary>As above, for asynchronous work.</summary>
    public async Task<T> TimeAsync<T>(Func<Task<T>> work)
    {
        GC.Collect();
        var begin = Stopwatch.GetTimestamp();
        var result = await work();
        Add(Stopwatch.GetElapsedTime(begin));
        return result;
    }
}
