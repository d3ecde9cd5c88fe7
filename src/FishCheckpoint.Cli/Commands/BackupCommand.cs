using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create(Shell shell)
    {
        var to = new Argument<string>("DEST")
        {
            Description = "The folder of the backup: a new one, or an earlier backup to update. With --server: "
                + "a name in the server's backup folder.",
        };
        var link = new Option<bool>("--link")
        {
            Description = "Hard-link base files if the file system can, instead of copying them. Damage to one is then damage to both.",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace a backup of another store, or replace a full backup with an empty one.",
        };
        var verify = new WordOption("--verify", "full", "quick", "none")
        {
            Description =
                "How to verify the copy: quick (structure and checksums), full (decode everything), or none. --verify alone means full. "
                + "Default: quick.",
        };
        var command = new Command(
            "backup", "Copy the store at one moment, while it is in use, into a folder that opens as a store.")
        {
            to, link, replace, verify,
        };
        shell.OnStore(command, (call, cancellation) =>
        {
            var options = new BackupOptions
            {
                To = call.Parsed.GetRequiredValue(to), Link = call.Parsed.GetValue(link), Replace = call.Parsed.GetValue(replace),
                Verify = call.Parsed.GetValue(verify) switch
                {
                    "full" => BackupVerification.Full,
                    "none" => BackupVerification.None,
                    _ => BackupVerification.Quick,
                },
            };
            return call.RunAsync(
                "backing up", () => call.Store.Maintenance.BackupAsync(options, cancellation), Describe, report => report.Damaged.Count);
        });
        return command;
    }

    private static void Describe(Terminal terminal, BackupReport report)
    {
        CopyTexts.Describe(terminal, report);
        CopyTexts.DescribeVerification(terminal, report);
    }
}
