using System.Diagnostics;

namespace FishCheckpoint.Bench;

/// <summary>Repeated times of one thing, in seconds.</summary>
internal sealed class Timings
{
    private readonly List<double> seconds = [];

    public IReadOnlyList<double> Seconds => seconds;

    /// <summary>The middle one; of two, the longer.</summary>
    public double Median => seconds.Order().ElementAt(seconds.Count / 2);

    public void Add(TimeSpan time) => seconds.Add(time.TotalSeconds);

    /// <summary>Forgets all: they were for warming up.</summary>
    public void Clear() => seconds.Clear();

    /// <summary>Runs something and keeps how long it took; what others left to be collected is collected before.</summary>
    public T Time<T>(Func<T> work)
    {
        GC.Collect();
        var begin = Stopwatch.GetTimestamp();
        var result = work();
        Add(Stopwatch.GetElapsedTime(begin));
        return result;
    }

    /// <summary>As above, for work that waits.</summary>
    public async Task<T> TimeAsync<T>(Func<Task<T>> work)
    {
        GC.Collect();
        var begin = Stopwatch.GetTimestamp();
        var result = await work();
        Add(Stopwatch.GetElapsedTime(begin));
        return result;
    }
}
