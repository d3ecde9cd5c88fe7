
namespace FishCheckpoint.Engine.Ports;

/// <summary>How long a deletion that happens now can be undone.</summary>
/// <param name="Now">The time of the deletion.</param>
/// <param name="Length">The length of the grace; zero or less deletes at once.</param>
internal readonly record struct Grace(DateTimeOffset Now, TimeSpan Length)
{
    // A thousand years: more would overflow the calendar.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365_000);

    /// <summary>Whether deletions are final at once.</summary>
    public bool IsNone => Length <= TimeSpan.Zero;

    /// <summary>When the grace ends.</summary>
    public DateTimeOffset Expires => Now + (Length < Longest ? Length : Longest);
}
