using System.CommandLine;
using System.CommandLine.Completions;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Hosting.Help;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt help</c>.</summary>
internal static class HelpCommand
{
    /// <summary>The command.</summary>
    /// <param name="shell">What commands use.</param>
    /// <param name="root">All commands.</param>
    public static Command Create(Shell shell, RootCommand root)
    {
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "The command, as in: task set. Default: the list of all commands.", Arity = ArgumentArity.ZeroOrMore,
        };
        words.CompletionSources.Add(_ => root.Subcommands.Select(command => new CompletionItem(command.Name)));
        words.Validators.Add(result =>
        {
            string[] path = [.. result.Tokens.Select(token => token.Value)];
            if (Find(root, path) is null)
            {
                result.AddError($"There is no command '{string.Join(' ', path)}'. '{ProgramInfo.Name} help' lists all commands.");
            }
        });
        var command = new Command("help", "Show the help of a command, or of the whole program.") { words };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(words) ?? [];
            using var text = new StringWriter();
            new HelpText(shell.Terminal.Width).Write(text, Find(root, path)!, string.Join(' ', path));
            var help = new CommandHelp(string.Join(' ', path), text.ToString());
            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), help, found => shell.Terminal.Output.Write(found.Text));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command? Find(Command root, IEnumerable<string> path) =>
        path.Aggregate((Command?)root, (command, word) => command?.Subcommands.FirstOrDefault(child => child.Name == word));

    private sealed record CommandHelp(string Command, string Text);
}
