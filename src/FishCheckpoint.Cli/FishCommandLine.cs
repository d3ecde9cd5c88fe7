using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using FishCheckpoint.Cli.Commands;
using FishCheckpoint.Cli.Completion;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Hosting.Help;
using FishCheckpoint.Cli.Hosting.Suggestions;

namespace FishCheckpoint.Cli;

/// <summary>The program <c>fishckpt</c>: parses a command line and runs its command.</summary>
internal static class FishCommandLine
{
    public static async Task<int> RunAsync(string[] args, Shell shell, CancellationToken cancellation = default)
    {
        var commands = Create(shell);
        var parsed = commands.Parse(args.Length == 0 ? ["--help"] : WordOption.Complete(commands, args));
        var json = args.Contains(shell.Json.Name, StringComparer.Ordinal);
        if (parsed.Action is not { ClearsParseErrors: true } && UsageErrors.Of(parsed) is { Errors.Count: > 0 } usage)
        {
            return Failure.Usage(shell.Terminal, parsed, json, usage.Errors, usage.Hint);
        }

        shell.Terminal.Quiet = parsed.GetValue(shell.NoProgress);
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = shell.Terminal.Output, Error = shell.Terminal.Error,
                    EnableDefaultExceptionHandler = false }, cancellation);
        }
        catch (Exception error)
        {
            return Failure.Print(shell.Terminal, error, json);
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Create(Shell shell)
    {
        var root = new RootCommand(
            "A checkpoint store for models that share a base. It stores what each checkpoint changed, and rebuilds "
            + "the full model of any step.")
        {
            ServeCommand.Create(shell),
            ReadyCommand.Create(shell),
            DemoCommand.Create(shell),
            BenchCommand.Create(shell),
            BaseCommand.Create(shell),
            TaskCommand.Create(shell),
            SaveCommand.Create(shell),
            LoadCommand.Create(shell),
            PullCommand.Create(shell),
            WatchCommand.Create(shell),
            ListCommand.Create(shell),
            ShowCommand.Create(shell),
            DiffCommand.Create(shell),
            ImportCommand.Create(shell),
            ExportCommand.Create(shell),
            ReportCommand.Create(shell),
            VerifyCommand.Create(shell),
            RecodeCommand.Create(shell),
            BackupCommand.Create(shell),
            RestoreCommand.Create(shell),
            RepairCommand.Create(shell),
            FoldCommand.Create(shell),
            TagCommand.Create(shell),
            PinCommand.Create(shell),
            CollectCommand.Create(shell),
            RemoveCommand.Create(shell),
            UndeleteCommand.Create(shell),
            KeyCommand.Create(shell),
            AuditCommand.Create(shell),
            DoctorCommand.Create(shell),
            CompletionCommand.Create(shell),
        };
        root.Options.Add(shell.Data);
        root.Options.Add(shell.Server);
        root.Options.Add(shell.Key);
        root.Options.Add(shell.Ca);
        root.Options.Add(shell.Json);
        root.Options.Add(shell.NoProgress);
        CarefulValidators.Install(root);
        root.Subcommands.Add(HelpCommand.Create(shell, root));
        root.Subcommands.Add(VersionCommand.Create(shell));
        root.Options.OfType<HelpOption>().Single().Action = new HelpText(shell.Terminal.Width);
        var suggest = root.Directives.OfType<SuggestDirective>().Single();
        suggest.Action = new SuggestAction(suggest, new StoreNames(shell));
        return root;
    }
}
