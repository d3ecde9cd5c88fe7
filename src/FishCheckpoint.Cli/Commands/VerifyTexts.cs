using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary>What a verification found, for people.</summary>
internal static class VerifyTexts
{
    private const int MaxNames = 20;

    public static void Describe(Terminal terminal, VerifyResult result)
    {
        if (!result.Sound)
        {
            terminal.Say($"[red]damaged[/] [bold]{result.Task}/{result.Step}[/]: {result.Problem ?? string.Empty}");
        }

        terminal.Say($"{(result.Sound ? 1 : 0)} of 1 checkpoints are sound; {Say.Bytes(result.BytesRead)} read");
    }

    public static void Describe(Terminal terminal, VerifyReport report)
    {
        foreach (var damaged in report.Damaged)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem}");
            terminal.Say($"  affects {Affected(damaged)}");
        }

        terminal.Say(
            $"{Say.Count(report.Checkpoints - report.Affected)} of {Say.Count(report.Checkpoints)} checkpoints are ",
            $"sound{(report.Finished ? "" : " as far as was read")}; {Say.Count(report.Items)} things, {Say.Bytes(report.Bytes)} ",
            $"{(report.Quick ? "checked by their structure" : "read")}");
        if (!report.Finished)
        {
            terminal.Say($"more is left: the next run goes on from there");
        }

        if (report.Damaged.Count > 0)
        {
            terminal.Say(
                $"save or add again what you still have, restore a backup, or run fish repair: see docs/guides/backup-and-repair.md");
        }
    }

    private static string Affected(DamagedItem damaged) => damaged.AffectedCount == 0 ? "no checkpoint that can be told"
        : string.Join(", ", damaged.Affected.Take(MaxNames)) + (damaged.AffectedCount > MaxNames
            ? $" and {Say.Count(damaged.AffectedCount - MaxNames)} more" : "");
}
