using Microsoft.Extensions.Logging.Console;

namespace FishCheckpoint.Api.Telemetry;

/// <summary>The time of each line of the console's log.</summary>
internal static class LogTime
{
    // ISO 8601. Quoted, as a culture may have other separators.
    private const string Format = "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fff'Z'";

    /// <summary>Adds the time in UTC to plain and JSON lines, unless the settings choose another format.</summary>
    /// <param name="services">The services of the server.</param>
    public static void AddLogTime(this IServiceCollection services)
    {
        services.PostConfigure<SimpleConsoleFormatterOptions>(options => Set(options, $"{Format}' '"));
        services.PostConfigure<JsonConsoleFormatterOptions>(options => Set(options, Format));
    }

    private static void Set(ConsoleFormatterOptions options, string format)
    {
        if (options.TimestampFormat is null)
        {
            (options.TimestampFormat, options.UseUtcTimestamp) = (format, true);
        }
    }
}
