using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Output;

/// <summary>Formats numbers and times for people.</summary>
internal static class Say
{
    private static readonly string[] ByteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>As in <c>1.32 MB</c>; units are powers of 1000.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1000 && unit < ByteUnits.Length - 1)
        {
            (value, unit) = (value / 1000, unit + 1);
        }

        return unit == 0 ? $"{bytes} B" : $"{Three(value)} {ByteUnits[unit]}";
    }

    /// <summary>As in <c>0.512%</c>.</summary>
    public static string Percent(double share) => $"{Three(share * 100)}%";

    /// <summary>As in <c>98.3%</c>: always with one digit, for columns that are compared.</summary>
    public static string Share(double share) => $"{share * 100:N1}%";

    /// <summary>As in <c>217x</c>.</summary>
    public static string Ratio(double ratio) => ratio <= 0 ? "-" : $"{Three(ratio)}x";

    /// <summary>As in <c>1,234,567</c>.</summary>
    public static string Count(long count) => count.ToString("N0");

    /// <summary>The first digits of a digest.</summary>
    public static string Short(Digest digest) => digest.ToString()[..12];

    /// <summary>As in <c>2026-01-31 12:00:00</c>, in UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss");

    /// <summary>Metrics as <c>loss=0.31 accuracy=0.9</c>.</summary>
    public static string Metrics(IEnumerable<KeyValuePair<string, double>> metrics) =>
        string.Join(' ', metrics.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value:G6}"));

    private static string Three(double value) =>
        value switch { >= 100 => $"{value:N0}", >= 10 => $"{value:N1}", >= 0.1 or 0 => $"{value:N2}", _ => $"{value:G2}" };
}
