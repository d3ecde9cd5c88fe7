namespace FishCheckpoint.Training;

/// <summary>Totals of a hook's saves so far.</summary>
/// <param name="Saved">Stored saves, including those that existed already.</param>
/// <param name="Failed">Saves that failed.</param>
/// <param name="Skipped">Due steps that were not saved because all slots were in use.</param>
/// <param name="StoredBytes">Bytes that the saves added to the store.</param>
/// <param name="Stall">How long training waited in total.</param>
/// <param name="LongestStall">How long training waited for one save at most.</param>
/// <param name="Background">How long the store worked in the background.</param>
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
