using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Backups;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish restore</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create(Shell shell)
    {
        var backup = new Argument<string>("BACKUP") { Description = "The folder of a backup. It stays as it is." };
        var data = new Argument<string>("DIR") { Description = "The new data folder: missing or empty." };
        var verify = new Option<bool>("--verify") { Description = "Read all of the new folder afterwards, as fish verify does." };
        var command = new Command("restore", "Make a data folder of a backup.") { backup, data, verify };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (from, to, json) = (parsed.GetRequiredValue(backup), Path.GetFullPath(parsed.GetRequiredValue(data)), parsed.GetValue(shell.Json));
            var report = await Progress.SpinAsync(shell.Terminal, "restoring", () => StoreRestore.RunAsync(from, to, shell.Terminal.Work, cancellation));
            Call.Print(shell.Terminal, json, report, done => CopyTexts.Describe(shell.Terminal, done));
            var sound = report.Damaged.Count == 0;
            if (parsed.GetValue(verify))
            {
                sound &= await CopyTexts.VerifyAsync(shell.Terminal, json, new StoreOptions { DataFolder = to, Progress = shell.Terminal.Work }, cancellation);
            }

            return sound ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }
}
