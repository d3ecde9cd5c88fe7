using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create(Shell shell)
    {
        var to = new Argument<string>("DEST")
        {
            Description = "The folder of the backup, new or an earlier one; with --server a name in the server's folder for backups.",
        };
        var link = new Option<bool>("--link")
        {
            Description = "Link files of bases instead of copying them, where that can be; damage to one is then damage to both.",
        };
        var replace = new Option<bool>("--replace") { Description = "Replace a backup of another store, or a full one by an empty one." };
        var verify = new WordOption("--verify", "full", "quick", "none")
        {
            Description =
                "How the copy is verified: quick (structure and checksums; the default), full (everything is decoded; also without a "
                + "word), or none.",
        };
        var command = new Command(
            "backup", "Copy the store as one moment has it, while it is in use, into a folder that can be opened as it is.")
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
