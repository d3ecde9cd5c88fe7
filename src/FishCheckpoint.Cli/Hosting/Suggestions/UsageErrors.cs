using System.CommandLine;
using System.CommandLine.Parsing;

namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>The errors of a command line, with suggestions.</summary>
internal static class UsageErrors
{
    /// <summary>The errors of a command line, and what to do; no errors if it is valid.</summary>
    public static (IReadOnlyList<string> Errors, string Hint) Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (UnknownOption(parsed) is { } option)
        {
            return ([$"There is no option '{option}'. Put arguments that start with -- after a '--'."],
                Nearest.Question(Nearest.To(option, OptionsOf(parsed))));
        }

        if (parsed.UnmatchedTokens is [var word, ..] && command.Subcommands.Count > 0)
        {
            return ([$"'{PathOf(parsed)}' has no command '{word}'."], Nearest.Question(CommandsLike(word, command)));
        }

        if (command is { Action: null, Subcommands.Count: > 0 } and not RootCommand)
        {
            var names = string.Join(", ", command.Subcommands.Select(child => child.Name));
            return ([$"'{PathOf(parsed)}' needs a command: {names}."], string.Empty);
        }

        string[] errors = [.. parsed.Errors.Select(TextOf)];
        return (errors, Nearest.Question([.. parsed.Errors.SelectMany(ValuesLike).Distinct(StringComparer.Ordinal)]));
    }

    /// <summary>The command as it is typed, as in <c>fishckpt base add</c>.</summary>
    public static string PathOf(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } inner; result = inner.Parent)
        {
            names.Push(inner.Command.Name);
        }

        return string.Join(' ', names.Prepend(ProgramInfo.Name));
    }

    /// <summary>The names of all options that a command takes.</summary>
    public static IEnumerable<string> OptionsOf(ParseResult parsed)
    {
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: var command }; result = result.Parent)
        {
            foreach (var option in command.Options.Where(
                option => !option.Hidden && (option.Recursive || command == parsed.CommandResult.Command)))
            {
                yield return option.Name;
                foreach (var alias in option.Aliases.Where(alias => alias.StartsWith('-')))
                {
                    yield return alias;
                }
            }
        }
    }

    private static IReadOnlyList<string> CommandsLike(string word, Command command)
    {
        string[] names = [.. command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name)];
        if (OtherWords.Of(word, names) is { } meant)
        {
            return [meant];
        }

        // The word may be a subcommand, as in 'fishckpt add'.
        return Nearest.To(word, names) is { Count: > 0 } near ? near
            : [.. command.Subcommands.Where(child => child.Subcommands.Any(inner => inner.Name == word))
                .Select(child => $"{child.Name} {word}")];
    }

    // The parser takes an unknown option as an argument, if there is room for one.
    private static string? UnknownOption(ParseResult parsed) => parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? null
        : parsed.UnmatchedTokens
            .Concat(
                parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value))
            .FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    private static IEnumerable<string> ValuesLike(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Option: var option } result => Like(result.Tokens, option),
        ArgumentResult { Argument: var argument } result => Like(result.Tokens, argument),
        _ => [],
    };

    private static IEnumerable<string> Like(IReadOnlyList<Token> tokens, Symbol symbol)
    {
        var values = symbol.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(item => item.Label).ToArray();
        return tokens.Where(token => !values.Contains(token.Value, StringComparer.Ordinal))
            .SelectMany(token => Nearest.To(token.Value, values));
    }

    // The parser lists values on several lines, with tabs.
    private static string TextOf(ParseError error) =>
        string.Join(' ', error.Message.Split((char[])['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
