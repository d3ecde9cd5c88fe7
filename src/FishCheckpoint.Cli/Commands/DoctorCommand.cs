using System.CommandLine;
using FishCheckpoint.Cli.Doctor;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(Shell shell) => Create(shell, new Machine());

    /// <summary>The command with another machine, for tests.</summary>
    public static Command Create(Shell shell, Machine machine)
    {
        var command = new Command(
            "doctor", "Check this program, a data folder and a server, and suggest fixes. Changes nothing.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var server = shell.ServerOf(parsed);
            List<Check> checks = [.. ProgramChecks.Run(machine)];
            if (server is null || Shell.IsGiven(parsed, shell.Data))
            {
                checks.AddRange(new FolderChecks(machine, shell.DataFolderOf(parsed)).Run());
            }

            if (server is not null)
            {
                checks.AddRange(await new ServerChecks(machine, server, shell.ClientOptionsOf(parsed)).RunAsync(cancellation));
            }

            var report = DoctorReport.Of(machine.Version, checks);
            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), report, found => Describe(shell.Terminal, found));
            return report.ExitCode();
        });
        return command;
    }

    private static void Describe(Terminal terminal, DoctorReport report)
    {
        foreach (var check in report.Checks)
        {
            var line = $"{check.Name,-14} {check.Found}";
            switch (check.Status)
            {
                case Check.IsOk:
                    terminal.Say($"[green]ok[/]    {line}");
                    break;
                case Check.IsWarn:
                    terminal.Say($"[yellow]warn[/]  {line}");
                    break;
                default:
                    terminal.Say($"[red]fail[/]  {line}");
                    break;
            }

            if (check.Advice is { } advice)
            {
                terminal.Say($"      {"",-14} {advice}");
            }
        }

        var (warnings, failures) =
            (report.Checks.Count(check => check.Status == Check.IsWarn), report.Checks.Count(check => check.Status == Check.IsFail));
        terminal.Say($"{report.Checks.Count} checks: {failures} failed, {warnings} warnings");
    }
}
