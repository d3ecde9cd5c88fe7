using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt repair</c>.</summary>
internal static class RepairCommand
{
    private const int MaxNames = 20;

    public static Command Create(Shell shell)
    {
        var to = new Option<string>("--to")
        {
            Description = "The new data folder: missing or empty.", HelpName = "NEWDIR", Required = true,
        };
        var bases = new Option<string[]>("--base")
        {
            Description = "An intact file of a damaged base. May be repeated.", HelpName = "FILE",
        };
        var drop = new Option<bool>("--drop-damaged-bases")
        {
            Description = "Leave out damaged bases without an intact file, and all checkpoints that depend on them.",
        };
        var command = new Command(
            "repair", "Create a new data folder from a damaged one: everything sound, and everything that can be rebuilt. "
            + "The damaged one is only read.")
        {
            to, bases, drop,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(shell.Server) is not null)
            {
                result.AddError("Repair needs a folder that no program has open: stop the server, and name its folder with --data.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new RepairOptions
            {
                DataFolder = shell.DataFolderOf(parsed), To = parsed.GetRequiredValue(to), Bases = parsed.GetValue(bases) ?? [],
                DropDamagedBases = parsed.GetValue(drop), Progress = shell.Terminal.Work,
            };
            RepairReport report;
            try
            {
                report = await Progress.SpinAsync(shell.Terminal, "repairing", () => StoreRepair.RunAsync(options, cancellation));
            }
            catch (FishException error) when (error.Kind == ErrorKind.Corrupt)
            {
                // Damage that stops a repair has another exit code than damage that a finished repair left out.
                return Failure.Print(shell.Terminal, error, parsed.GetValue(shell.Json), ExitCodes.Of(ErrorKind.Unavailable));
            }

            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), report, done => Describe(shell.Terminal, done));
            return report.Quarantined.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static void Describe(Terminal terminal, RepairReport report)
    {
        foreach (var rebuilt in report.Rebuilt)
        {
            terminal.Say($"[green]rebuilt[/] {rebuilt}");
        }

        foreach (var item in report.Quarantined)
        {
            terminal.Say($"[red]lost[/] [bold]{item.Key}[/]: {item.Problem}");
            if (item.Affected.Count > 0)
            {
                var more = item.Affected.Count > MaxNames ? $" and {Say.Count(item.Affected.Count - MaxNames)} more" : "";
                terminal.Say($"  with {string.Join(", ", item.Affected.Take(MaxNames))}{more}");
            }
        }

        terminal.Say(
            $"{Say.Count(report.Checkpoints)} checkpoints kept and verified; {Say.Count(report.Lost)} ",
            $"lost{(report.Quarantined.Count > 0 ? "; quarantine/manifest.json lists their remains" : "")}");
    }
}
