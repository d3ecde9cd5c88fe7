using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Backups;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt restore</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create(Shell shell)
    {
        var backup = new Argument<string>("BACKUP") { Description = "The folder of a backup. It is only read." };
        var data = new Argument<string>("DIR")
        {
            Description = "The new data folder: missing or empty. With --replace it may hold a store.",
        };
        var replace = new Option<bool>("--replace")
        {
            Description =
                "Replace the store in DIR, which no program may have open. It is removed after the restored store is verified.",
        };
        var verify = new Option<bool>("--verify")
        {
            Description = $"Read the whole new folder afterwards, as '{ProgramInfo.Name} verify' does.",
        };
        var command = new Command("restore", "Create a data folder from a backup.") { backup, data, replace, verify };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (from, to, json) =
                (parsed.GetRequiredValue(backup), Path.GetFullPath(parsed.GetRequiredValue(data)), parsed.GetValue(shell.Json));
            VerifyReport? verified = null;
            var options = new RestoreOptions
            {
                Backup = from, DataFolder = to, Replace = parsed.GetValue(replace), Progress = shell.Terminal.Work,
                Verify = !parsed.GetValue(verify) ? null : async (folder, ending) =>
                {
                    await using var copy = await SqliteCheckpointStore.OpenAsync(OptionsOf(folder), ending);
                    return (verified = await copy.Maintenance.VerifyAsync(null, ending)).Damaged.Count == 0;
                },
            };
            StoreOptions OptionsOf(string folder) => new() { DataFolder = folder, Progress = shell.Terminal.Work };
            void Show()
            {
                if (verified is not null && !json)
                {
                    VerifyTexts.Describe(shell.Terminal, verified);
                }
            }

            BackupReport report;
            try
            {
                report = await Progress.SpinAsync(shell.Terminal, "restoring", () => StoreRestore.RunAsync(options, cancellation));
            }
            catch (FishException)
            {
                Show();
                throw;
            }

            Call.Print(shell.Terminal, json, report, done => CopyTexts.Describe(shell.Terminal, done));
            Show();
            var sound = report.Damaged.Count == 0
                && (!parsed.GetValue(verify) || verified is not null
                    || await CopyTexts.VerifyAsync(shell.Terminal, json, OptionsOf(to), cancellation));
            return sound ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }
}
