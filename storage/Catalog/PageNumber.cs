using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Where a part of a list begins whose items are numbered.</summary>
internal static class PageNumber
{
    /// <param name="page">Which part is asked for.</param>
    /// <param name="beginning">The number where the list begins.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static long Of(PageRequest page, long beginning) => page.After is null ? beginning
        : long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FishException(ErrorCode.RequestInvalid, "after", "This is no place in the list.", "Take 'after' from the part before.");
}
