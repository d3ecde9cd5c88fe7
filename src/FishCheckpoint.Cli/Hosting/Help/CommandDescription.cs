using System.CommandLine;
using System.CommandLine.Completions;

namespace FishCheckpoint.Cli.Hosting.Help;

/// <summary>A command as its help describes it: usage, arguments and options.</summary>
/// <param name="command">The command.</param>
/// <param name="path">The command's words after the program's name; empty for the root.</param>
internal sealed class CommandDescription(Command command, string path)
{
    /// <summary>The words that call the command.</summary>
    public string Name => path.Length == 0 ? ProgramInfo.Name : $"{ProgramInfo.Name} {path}";

    /// <summary>The command line with its arguments.</summary>
    public string Usage => string.Join(' ', [Name, .. command.Subcommands.Count > 0 ? ["COMMAND"] : Array.Empty<string>(),
        .. command.Arguments.Select(Placeholder), .. Options.Count > 0 || path.Length == 0 ? ["[OPTIONS]"] : Array.Empty<string>()]);

    /// <summary>Each argument with what it means.</summary>
    public IReadOnlyList<(string Left, string Right)> Arguments =>
        [.. command.Arguments.Select(argument => (argument.Name, argument.Description ?? string.Empty))];

    /// <summary>Each option that is not shown by the root alone, with what it means and its default.</summary>
    public IReadOnlyList<(string Left, string Right)> Options =>
        [.. command.Options.Where(option => !option.Hidden && (path.Length == 0 || !option.Recursive)).Select(Describe)];

    private static string Placeholder(Argument argument)
    {
        var name = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static (string Left, string Right) Describe(Option option)
    {
        var aliases = option.Aliases.Where(alias => alias.StartsWith('-'));
        var names = string.Join(", ", aliases.Prepend(option.Name).OrderBy(name => name.Length));
        return ($"{names}{ValueOf(option)}", $"{option.Description}{DefaultOf(option)}");
    }

    private static string ValueOf(Option option)
    {
        if (option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0)
        {
            return string.Empty;
        }

        string[] words = [.. option.GetCompletions(CompletionContext.Empty).Select(word => word.Label)];
        var value = option.HelpName ?? (words.Length > 0 ? string.Join('|', words) : "VALUE");
        return option.Arity.MinimumNumberOfValues == 0 && option.Arity.MaximumNumberOfValues == 1 ? $" [{value}]" : $" {value}";
    }

    private static string DefaultOf(Option option) =>
        option.Required ? " Required."
        : option is { HasDefaultValue: true, Description: var text } && option.ValueType != typeof(bool)
            && text?.Contains("Default:", StringComparison.Ordinal) != true && option.GetDefaultValue() is { } value
            && $"{value}" is { Length: > 0 } said ? $" Default: {said}."
        : string.Empty;
}
