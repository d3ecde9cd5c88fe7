using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Parses the position of a page in a numbered list.</summary>
internal static class PageNumber
{
    /// <param name="page">The requested page.</param>
    /// <param name="beginning">The number before the first item.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static long Of(PageRequest page, long beginning) => page.After is null ? beginning
        : long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FishException(ErrorCode.RequestInvalid, "after", "The value is not a place in the list.",
            "Pass 'after' from the previous page.");
}
