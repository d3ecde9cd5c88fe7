using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using FishCheckpoint.Cli.Commands;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli;

/// <summary>The program <c>fish</c>: brings the commands together and runs one.</summary>
internal static class FishCommandLine
{
    public static async Task<int> RunAsync(string[] args, Shell shell, CancellationToken cancellation = default)
    {
        var parsed = Create(shell).Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return Failure.Usage(shell.Terminal, parsed, [.. parsed.Errors.Select(error => error.Message)]);
        }

        if (UnknownOption(parsed) is { } unknown)
        {
            return Failure.Usage(shell.Terminal, parsed, $"There is no option '{unknown}'. Arguments that begin with -- come after a '--'.");
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = shell.Terminal.Output, Error = shell.Terminal.Error, EnableDefaultExceptionHandler = false }, cancellation);
        }
        catch (Exception error)
        {
            return Failure.Print(shell.Terminal, error);
        }
    }

    // The parser takes an option that it does not know for an argument, where there is room for one.
    private static string? UnknownOption(ParseResult parsed) => parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? null
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    private static RootCommand Create(Shell shell)
    {
        var root = new RootCommand("A checkpoint store for models that share a base: full models of any step from the deltas that training left.")
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
            KeyCommand.Create(shell),
            AuditCommand.Create(shell),
        };
        root.Options.Add(shell.Data);
        root.Options.Add(shell.Server);
        root.Options.Add(shell.Key);
        root.Options.Add(shell.Ca);
        root.Options.Add(shell.Json);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new RootHelp((HelpAction)help.Action!);
        return root;
    }
}
