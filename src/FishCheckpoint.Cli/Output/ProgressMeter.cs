namespace FishCheckpoint.Cli.Output;

/// <summary>How much is done, how fast of late, and how long the rest will take at that. Knows no clock: it is told the time since the work began.</summary>
internal sealed class ProgressMeter(string title, ProgressUnit unit)
{
    private const int BarWidth = 20;
    private const double SmoothingSeconds = 3;

    private (long Done, double Seconds) last;

    public long Done { get; set; }

    public long? Total { get; set; }

    /// <summary>What was done last, where things have names.</summary>
    public string? Name { get; set; }

    /// <summary>Units a second, the last seconds counting most.</summary>
    public double Rate { get; private set; }

    /// <summary>Takes the rate anew.</summary>
    public void Tick(TimeSpan elapsed)
    {
        var seconds = elapsed.TotalSeconds - last.Seconds;
        if (seconds <= 0)
        {
            return;
        }

        var now = (Done - last.Done) / seconds;
        var weight = last.Seconds == 0 ? 1 : 1 - Math.Exp(-seconds / SmoothingSeconds);
        (Rate, last) = (Rate + (weight * (now - Rate)), (Done, elapsed.TotalSeconds));
    }

    /// <summary>How long the rest takes; <see langword="null"/> where that cannot be told.</summary>
    public TimeSpan? Left => Total is { } total && Rate > 0 && total >= Done && (total - Done) / Rate is < 360_000 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The line while it goes on, no wider than <paramref name="width"/>: what there is no room for is left out, the bar first.</summary>
    public string Line(TimeSpan elapsed, int width)
    {
        string[][] forms = [[Title, Bar, Percent, Amount, Speed, Remaining(elapsed)], [Title, Percent, Amount, Speed, Remaining(elapsed)], [Title, Percent, Remaining(elapsed)], [Title]];
        var lines = forms.Select(parts => string.Join("  ", parts.Where(part => part.Length > 0)));
        return lines.FirstOrDefault(line => line.Length <= width) ?? TextCell.Cut(title, title.Length, Math.Max(1, width));
    }

    /// <summary>The line that stays when all is done.</summary>
    public string LastLine(TimeSpan elapsed)
    {
        var speed = elapsed.TotalSeconds > 0 && Done > 0 ? $", {Each(Done / elapsed.TotalSeconds)}" : string.Empty;
        return Done > 0 ? $"{title}: {Of(Done)} in {Clock(elapsed)}{speed}" : $"{title}: {Clock(elapsed)}";
    }

    private string Title => Name is null ? title : $"{title} {Name}";

    private string Percent => Share is { } share ? $"{Math.Floor(share * 100),3:N0}%" : string.Empty;

    private string Bar => Share is { } share ? $"{new string('━', (int)(share * BarWidth)).PadRight(BarWidth, '·')}" : string.Empty;

    private double? Share => Total is > 0 ? Math.Clamp((double)Done / Total.Value, 0, 1) : null;

    private string Amount => (Done, Total) switch
    {
        (_, > 0) => $"{Of(Done)} of {Of(Total.Value)}",
        (> 0, _) => Of(Done),
        _ => string.Empty,
    };

    private string Speed => Rate > 0 ? Each(Rate) : string.Empty;

    // What comes after the last byte, syncing a file as a rule, takes a time that nothing tells.
    private string Remaining(TimeSpan elapsed) => Total is > 0 && Done >= Total ? $"finishing, {Clock(elapsed)}" : Left is { } left ? $"{Clock(left)} left" : Clock(elapsed);

    private string Of(long amount) => unit == ProgressUnit.Bytes ? Say.Bytes(amount) : Say.Count(amount);

    private string Each(double rate) => unit == ProgressUnit.Bytes ? $"{Say.Bytes((long)rate)}/s" : $"{rate:N1}/s";

    private static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time.Minutes}:{time:ss}";
}
