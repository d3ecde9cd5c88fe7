using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish repair</c>.</summary>
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
            Description = "A whole file of a base that is damaged; more than one may be given.", HelpName = "FILE",
        };
        var drop = new Option<bool>("--drop-damaged-bases")
        {
            Description = "Leave out damaged bases that no whole file is found for, with all that is laid on them.",
        };
        var command = new Command(
            "repair", "Make a new data folder of a damaged one, which is only read: of what is sound, and what can be rebuilt.")
        {
            to, bases, drop,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(shell.Server) is not null)
            {
                result.AddError("A repair works on a folder that nobody has open: stop the server, and name its folder with --data.");
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
                // Damage that ends a repair has another code than damage that a finished one has left out.
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
            $"{Say.Count(report.Checkpoints)} checkpoints kept, all of them verified; {Say.Count(report.Lost)} ",
            $"lost{(report.Quarantined.Count > 0 ? "; quarantine/manifest.json lists what is left of them" : "")}");
    }
}
