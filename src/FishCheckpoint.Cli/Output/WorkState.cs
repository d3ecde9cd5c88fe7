namespace FishCheckpoint.Cli.Output;

/// <summary>The progress of work: set by the working threads, read by the one that shows it.</summary>
/// <param name="time">The clock; the work starts now.</param>
/// <param name="title">What is being done.</param>
/// <param name="format">Formats an amount: bytes, or a count.</param>
internal sealed class WorkState(TimeProvider time, string title, Func<long, string> format)
{
    // A hundred hours: a longer estimate is useless.
    private const double MaxSecondsLeft = 360_000;

    private readonly long began = time.GetTimestamp();
    private long done;
    private long total;
    private volatile string? name;

    /// <summary>The title, and the name of the last finished item if items have names.</summary>
    public string Title => name is null ? title : $"{title} {name}";

    /// <summary>The share done, from 0 to 1; <see langword="null"/> while the total is unknown.</summary>
    public double? Share => Total is > 0 and var all ? Math.Clamp((double)Done / all, 0, 1) : null;

    private long Done => Volatile.Read(ref done);

    private long Total => Volatile.Read(ref total);

    /// <summary>Adds an amount to the work done.</summary>
    public void Add(long amount) => Interlocked.Add(ref done, amount);

    /// <summary>Counts an item as done.</summary>
    public void Add(string named)
    {
        name = CleanText.Of(named);
        Add(1);
    }

    /// <summary>Sets the amount done, and the total if known.</summary>
    public void Set(long amount, long? all)
    {
        Volatile.Write(ref total, all ?? 0);
        Volatile.Write(ref done, amount);
    }

    /// <summary>Share, amount, speed and time; only share and time if short.</summary>
    public string Details(bool isShort)
    {
        var (elapsed, amount, all) = (time.GetElapsedTime(began), Done, Total);
        var rate = elapsed > TimeSpan.Zero ? amount / elapsed.TotalSeconds : 0;
        var percent = Share is { } share ? $"{Math.Floor(share * 100),3:N0}%" : string.Empty;
        var amounts = amount == 0 ? string.Empty : all > 0 ? $"{format(amount)} of {format(all)}" : format(amount);
        var speed = rate > 0 ? $"{format((long)rate)}/s" : string.Empty;

        // A sync usually follows the last byte, and its time is unknown.
        var left = all > amount && rate > 0 ? (all - amount) / rate : double.MaxValue;
        var clock = left < MaxSecondsLeft ? $"{Clock(TimeSpan.FromSeconds(left))} left" : Clock(elapsed);
        string[] parts = isShort ? [percent, clock] : [percent, amounts, speed, clock];
        return string.Join("  ", parts.Where(part => part.Length > 0));
    }

    private static string Clock(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time.Minutes}:{time:ss}";
}
