using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Prints what a backup or a restored store holds.</summary>
internal static class CopyTexts
{
    public static void Describe(Terminal terminal, BackupReport report)
    {
        terminal.SayDamaged(report.Damaged);
        terminal.Say($"{Say.Count(report.Checkpoints)} checkpoints: {Say.Bytes(report.DatabaseBytes)} of database, ",
            $"{Say.Count(report.Copied)} base files copied ({Say.Bytes(report.BaseBytes)}), {Say.Count(report.Linked)} linked, ",
            $"{Say.Count(report.Kept)} already there");
        if (report.Store is { } store)
        {
            terminal.Say(
                $"a copy of store {store}, made {Say.Time(report.Taken)} UTC: {Say.Count(report.Bases)} bases, {Say.Count(report.Tasks)} ",
                $"tasks, {Say.Bytes(report.Bytes)}");
        }
    }

    /// <summary>Prints how a backup was verified.</summary>
    public static void DescribeVerification(Terminal terminal, BackupReport report) => terminal.Say(report switch
    {
        { Verified: BackupVerification.None } => $"the copy is not verified",
        { Damaged.Count: > 0 } =>
            (FormattableString)$"{Say.Count(report.Damaged.Count)} items are damaged: see docs/guides/backup-and-repair.md",
        { Verified: BackupVerification.Full } => $"everything in the copy is verified and sound",
        _ => $"structure and checksums of the copy are verified and sound; --verify full decodes everything",
    });

    /// <summary>Verifies a copy and prints the result.</summary>
    /// <returns>Whether it is sound.</returns>
    public static async Task<bool> VerifyAsync(Terminal terminal, bool json, StoreOptions options, CancellationToken cancellation)
    {
        await using var copy = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        var report = await Progress.SpinAsync(terminal, "verifying", () => copy.Maintenance.VerifyAsync(null, cancellation));
        if (!json)
        {
            VerifyTexts.Describe(terminal, report);
        }

        return report.Damaged.Count == 0;
    }
}
