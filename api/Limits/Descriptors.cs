using System.Globalization;

namespace FishCheckpoint.Api.Limits;

/// <summary>How many files, which sockets are too, this process may still open.</summary>
internal static class Descriptors
{
    private const string Row = "Max open files";

    /// <summary>Asks the system.</summary>
    /// <returns><see langword="null"/>: it does not say.</returns>
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

    /// <summary>The limit that is in force, of the file <c>/proc/self/limits</c>; <see langword="null"/>: none, or beyond an int.</summary>
    public static int? LimitOf(string limits) =>
        limits.Split('\n').FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) is { } row
        && int.TryParse(row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(), CultureInfo.InvariantCulture,
            out var limit) ? limit : null;
}
