using System.Globalization;

namespace FishCheckpoint.Api.Limits;

/// <summary>How many more files and sockets this process may open.</summary>
internal static class Descriptors
{
    private const string Row = "Max open files";

    /// <summary>Asks the operating system.</summary>
    /// <returns><see langword="null"/>: unknown.</returns>
    public static int? Left()
    {
        try
        {
            return OperatingSystem.IsLinux() && LimitOf(File.ReadAllText("/proc/self/limits")) is { } limit
                ? Math.Max(0, limit - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // There is no /proc.
            return null;
        }
    }

    /// <summary>The soft limit from <c>/proc/self/limits</c>; <see langword="null"/>: none, or above the range of int.</summary>
    public static int? LimitOf(string limits) =>
        limits.Split('\n').FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) is { } row
        && int.TryParse(row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(), CultureInfo.InvariantCulture,
            out var limit) ? limit : null;
}
