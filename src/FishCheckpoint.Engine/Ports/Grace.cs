
namespace FishCheckpoint.Engine.Ports;

/// <summary>How long what is deleted now stays recoverable.</summary>
/// <param name="Now">The time of the deletion.</param>
/// <param name="Length">The grace; nothing: what is deleted goes at once.</param>
internal readonly record struct Grace(DateTimeOffset Now, TimeSpan Length)
{
    // A thousand years: what is longer would leave the calendar.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365_000);

    /// <summary>Whether nothing stays recoverable.</summary>
    public bool IsNone => Length <= TimeSpan.Zero;

    /// <summary>When it ends.</summary>
    public DateTimeOffset Expires => Now + (Length < Longest ? Length : Longest);
}
