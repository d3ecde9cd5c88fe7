using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create(Shell shell)
    {
        var to = new Argument<string>("DEST") { Description = "The folder of the backup, new or an earlier one; with --server a name in the server's folder for backups." };
        var link = new Option<bool>("--link") { Description = "Link files of bases instead of copying them, where that can be; damage to one is then damage to both." };
        var verify = new Option<bool>("--verify") { Description = "Read all of the backup afterwards, as fish verify does; not with --server." };
        var command = new Command("backup", "Copy the store as one moment has it, while it is in use, into a folder that can be opened as it is.") { to, link, verify };
        command.Validators.Add(result =>
        {
            if (result.GetValue(verify) && result.GetValue(shell.Server) is not null)
            {
                result.AddError("--verify reads the backup's folder, which lies with the server: run fish verify there.");
            }
        });
        shell.OnStore(command, async (call, cancellation) =>
        {
            var options = new BackupOptions { To = call.Parsed.GetRequiredValue(to), Link = call.Parsed.GetValue(link) };
            var report = await Progress.SpinAsync(call.Terminal, "backing up", () => call.Opened.Backups.BackupAsync(options, cancellation));
            call.Print(report, done => CopyTexts.Describe(call.Terminal, done));
            var sound = report.Damaged.Count == 0;
            if (call.Parsed.GetValue(verify))
            {
                sound &= await CopyTexts.VerifyAsync(call.Terminal, call.Json, new StoreOptions { DataFolder = Path.GetFullPath(options.To), Progress = call.Terminal.Work }, cancellation);
            }

            return sound ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }
}
