using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads times that are given in seconds.</summary>
internal static class Seconds
{
    /// <summary>The time of an option; <see langword="null"/> where it is left out.</summary>
    public static TimeSpan? TimeOf(string option, double? seconds) => seconds is null ? null
        : seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds.Value)
        : throw new FishException(
            ErrorCode.RequestInvalid, option, $"{seconds} seconds are no time to work in.", "Give more than nothing, or leave it out.");
}
