using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Commands;

/// <summary>What a backup or a restored store is, for people.</summary>
internal static class CopyTexts
{
    public static void Describe(Terminal terminal, BackupReport report)
    {
        terminal.SayDamaged(report.Damaged);
        terminal.Say($"{Say.Count(report.Checkpoints)} checkpoints: {Say.Bytes(report.DatabaseBytes)} of database; ",
            $"{Say.Count(report.Copied)} files of bases copied ({Say.Bytes(report.BaseBytes)}), {Say.Count(report.Linked)} linked, ",
            $"{Say.Count(report.Kept)} there already");
        if (report.Store is { } store)
        {
            terminal.Say(
                $"a copy of store {store}, made {Say.Time(report.Taken)} UTC: {Say.Count(report.Bases)} bases, {Say.Count(report.Tasks)} ",
                $"tasks, {Say.Bytes(report.Bytes)}");
        }
    }

    /// <summary>Says how a backup was verified.</summary>
    public static void DescribeVerification(Terminal terminal, BackupReport report) => terminal.Say(report switch
    {
        { Verified: BackupVerification.None } => $"the copy was not verified",
        { Damaged.Count: > 0 } =>
            (FormattableString)$"{Say.Count(report.Damaged.Count)} things are damaged: docs/guides/backup-and-repair.md says what to do",
        { Verified: BackupVerification.Full } => $"everything in it was verified and is sound",
        _ => $"its structure and checksums were verified and are sound; --verify full decodes everything",
    });

    /// <summary>Verifies a copy, and says what was found.</summary>
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
