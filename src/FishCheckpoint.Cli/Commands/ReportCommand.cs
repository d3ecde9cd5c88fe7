using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish report</c>.</summary>
internal static class ReportCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.OptionalTask();
        var command = new Command("report", "Show what is stored, and what it would be as full models.") { task };
        shell.OnStore(command, async (call, cancellation) => call.Print(
            await call.Reports.ReportAsync(call.Parsed.GetValue(task), cancellation), report => StorageTable.Print(call.Terminal.Console, report)));
        return command;
    }
}
