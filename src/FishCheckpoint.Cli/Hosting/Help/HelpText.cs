using System.CommandLine;
using System.CommandLine.Invocation;
using FishCheckpoint.Cli.Hosting.Suggestions;

namespace FishCheckpoint.Cli.Hosting.Help;

/// <summary>Prints the help of a command. The root's help has the groups of commands, the global options and the exit codes.</summary>
/// <param name="width">The width that lines fit into.</param>
internal sealed class HelpText(int width) : SynchronousCommandLineAction
{
    private const int MaxLeft = 34;
    private const int MinRight = 20;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var path = string.Join(' ', UsageErrors.PathOf(parseResult).Split(' ')[1..]);
        Write(parseResult.InvocationConfiguration.Output, parseResult.CommandResult.Command, path);
        return ExitCodes.Ok;
    }

    /// <summary>Writes the help of a command.</summary>
    /// <param name="output">The writer.</param>
    /// <param name="command">The command.</param>
    /// <param name="path">The command's words after the program's name; empty for the root.</param>
    public void Write(TextWriter output, Command command, string path)
    {
        var description = new CommandDescription(command, path);
        Lines(output, command.Description ?? string.Empty);
        Section(output, "Usage", [description.Usage]);
        if (command is RootCommand root)
        {
            foreach (var (title, commands) in CommandGroups.Of(root))
            {
                Table(output, title, [.. commands.Select(RowOf)]);
            }

            Table(output, "Options of every command", description.Options);
        }
        else
        {
            Table(output, "Commands", [.. command.Subcommands.Where(child => !child.Hidden).Select(RowOf)]);
            Table(output, "Arguments", description.Arguments);
            Table(output, "Options", description.Options);
        }

        Section(output, "Examples", Examples.Of(path));
        if (command is RootCommand)
        {
            Table(output, "Exit codes", [.. ExitCodes.All.Select(line => ($"{line.Code,3}", line.Meaning))]);
            Lines(output, $"'{ProgramInfo.Name} help COMMAND' shows the arguments and options of one command.");
        }
        else
        {
            Lines(output, $"'{ProgramInfo.Name} help' lists the options of every command (--data, --json...) and the exit codes.");
        }
    }

    // The first sentence: the command's own help has the rest.
    private static (string Left, string Right) RowOf(Command command) =>
        (command.Name, $"{(command.Description ?? string.Empty).Split(". ")[0].TrimEnd('.')}.");

    private static void Section(TextWriter output, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            output.WriteLine($"{title}:");
            foreach (var line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }
    }

    private void Table(TextWriter output, string title, IReadOnlyList<(string Left, string Right)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine($"{title}:");
        var left = Math.Min(rows.Max(row => row.Left.Length), MaxLeft);
        foreach (var (name, text) in rows)
        {
            var indent = new string(' ', left + 4);
            var (head, lines) = ($"  {name.PadRight(left)}  ", Wrap(text, Math.Max(MinRight, width - indent.Length)));
            if (name.Length > left)
            {
                output.WriteLine($"  {name}");
                head = indent;
            }

            output.WriteLine($"{head}{lines[0]}".TrimEnd());
            foreach (var line in lines.Skip(1))
            {
                output.WriteLine($"{indent}{line}");
            }
        }

        output.WriteLine();
    }

    private void Lines(TextWriter output, string text)
    {
        foreach (var line in Wrap(text, Math.Max(MinRight, width)))
        {
            output.WriteLine(line);
        }

        output.WriteLine();
    }

    private static List<string> Wrap(string text, int room)
    {
        var lines = new List<string> { string.Empty };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > room)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] += lines[^1].Length == 0 ? word : $" {word}";
            }
        }

        return lines;
    }
}
