using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Prints the result of a verification.</summary>
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
            $"sound{(report.Finished ? "" : " so far")}; {Say.Count(report.Items)} items, {Say.Bytes(report.Bytes)} ",
            $"{(report.Quick ? "checked for structure" : "read")}");
        if (!report.Finished)
        {
            terminal.Say($"not finished: the next run continues from here");
        }

        if (report.Damaged.Count > 0)
        {
            terminal.Say(
                $"Save again, restore a backup, or run '{ProgramInfo.Name} repair': see docs/guides/backup-and-repair.md");
        }
    }

    private static string Affected(DamagedItem damaged) => damaged.AffectedCount == 0 ? "no known checkpoint"
        : string.Join(", ", damaged.Affected.Take(MaxNames)) + (damaged.AffectedCount > MaxNames
            ? $" and {Say.Count(damaged.AffectedCount - MaxNames)} more" : "");
}
