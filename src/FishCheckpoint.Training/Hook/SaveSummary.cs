namespace FishCheckpoint.Training;

/// <summary>What the saves of a hook did and cost together, so far.</summary>
/// <param name="Saved">Saves that are stored, those included that were there already.</param>
/// <param name="Failed">Saves that failed.</param>
/// <param name="Skipped">Due steps that were not saved because the saver was busy.</param>
/// <param name="StoredBytes">Bytes that the saves added to the store.</param>
/// <param name="Stall">How long training was held in all.</param>
/// <param name="LongestStall">How long one save held it at most.</param>
/// <param name="Background">How long the store worked, in the background.</param>
public sealed record SaveSummary(
    int Saved, int Failed, int Skipped, long StoredBytes, TimeSpan Stall, TimeSpan LongestStall, TimeSpan Background)
{
    internal SaveSummary With(SaveReport report) => this with
    {
        Saved = Saved + (report.Error is null ? 1 : 0),
        Failed = Failed + (report.Error is null ? 0 : 1),
        StoredBytes = StoredBytes + report.StoredBytes,
        Stall = Stall + report.Stall,
        LongestStall = report.Stall > LongestStall ? report.Stall : LongestStall,
        Background = Background + report.Background,
    };
}
