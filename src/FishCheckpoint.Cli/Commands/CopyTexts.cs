using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Commands;

/// <summary>What a backup or a restored store is, for people.</summary>
internal static class CopyTexts
{
    public static void Describe(Terminal terminal, BackupReport report)
    {
        foreach (var damaged in report.Damaged)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem} It was left out.");
        }

        terminal.Say($"{Say.Count(report.Checkpoints)} checkpoints: {Say.Bytes(report.DatabaseBytes)} of database; {Say.Count(report.Copied)} files of bases copied ({Say.Bytes(report.BaseBytes)}), {Say.Count(report.Linked)} linked, {Say.Count(report.Kept)} there already");
        if (report.Store is { } store)
        {
            terminal.Say($"a copy of store {store}");
        }
    }

    /// <summary>Verifies a copy, and says what was found.</summary>
    /// <returns>Whether it is sound.</returns>
    public static async Task<bool> VerifyAsync(Terminal terminal, bool json, StoreOptions options, CancellationToken cancellation)
    {
        await using var copy = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        var report = await Progress.SpinAsync(terminal, "verifying", () => copy.VerifyStoreAsync(null, cancellation));
        if (!json)
        {
            VerifyTexts.Describe(terminal, report);
        }

        return report.Damaged.Count == 0;
    }
}
