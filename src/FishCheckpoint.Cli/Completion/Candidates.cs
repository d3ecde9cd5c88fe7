using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using FishCheckpoint.Cli.Commands;

namespace FishCheckpoint.Cli.Completion;

/// <summary>
/// Finds the words that can complete a command line: commands, options, or values of the current argument or option.
/// </summary>
internal sealed class Candidates(StoreNames names)
{
    private static readonly string[] Words = ["latest", "best"];

    /// <summary>The candidates that start with the last word, with a description if there is one.</summary>
    /// <param name="root">The root command.</param>
    /// <param name="before">The words before the last, without the program's.</param>
    /// <param name="word">The start of the last word.</param>
    public IReadOnlyList<(string Text, string? About)> Of(Command root, IReadOnlyList<string> before, string word)
    {
        var afterDash = before.Contains("--", StringComparer.Ordinal);
        if (!afterDash && before.Count > 0 && root.Parse([.. before.SkipLast(1)]) is var earlier
            && Find(OptionsOf(earlier.CommandResult), before[^1]) is { } waiting && TakesValue(waiting))
        {
            return Starting(word, ValuesOf(waiting, earlier, word));
        }

        var parsed = root.Parse(before);
        var command = parsed.CommandResult;
        var options = OptionsOf(command).ToArray();
        if (parsed.UnmatchedTokens.Count > 0)
        {
            return [];
        }

        if (!afterDash && word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=') is > 0 and var sign
            && Find(options, word[..sign]) is { } given)
        {
            var head = word[..(sign + 1)];
            return Starting(word, ValuesOf(given, parsed, word[(sign + 1)..]).Select(value => (head + value.Text, value.About)));
        }

        if (!afterDash && word.StartsWith('-'))
        {
            return Starting(word, options.Where(option => !option.Hidden).Select(option => (option.Name, option.Description)));
        }

        var commands = command.Tokens.Count == 0 && Taken(command) == 0
            ? command.Command.Subcommands.Where(child => !child.Hidden).Select(child => (child.Name, child.Description)) : [];
        return Starting(word, commands.Concat(ArgumentAt(command) is { } argument ? ValuesOf(argument, parsed, word) : []));
    }

    private static int Taken(CommandResult command) => command.Children.OfType<ArgumentResult>().Sum(argument => argument.Tokens.Count);

    private static Argument? ArgumentAt(CommandResult command)
    {
        var taken = Taken(command);
        foreach (var argument in command.Command.Arguments)
        {
            if (taken < argument.Arity.MaximumNumberOfValues)
            {
                return argument;
            }

            taken -= argument.Arity.MaximumNumberOfValues;
        }

        return null;
    }

    private static IEnumerable<Option> OptionsOf(CommandResult command)
    {
        for (SymbolResult? result = command; result is CommandResult { Command: var at }; result = result.Parent)
        {
            foreach (var option in at.Options.Where(option => option.Recursive || at == command.Command))
            {
                yield return option;
            }
        }
    }

    private static Option? Find(IEnumerable<Option> options, string name) =>
        options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);

    private static IReadOnlyList<(string Text, string? About)> Starting(string word, IEnumerable<(string Text, string? About)> all) =>
        [.. all.Where(candidate => candidate.Text.StartsWith(word, StringComparison.Ordinal)).DistinctBy(candidate => candidate.Text)];

    private IEnumerable<(string Text, string? About)> ValuesOf(Symbol symbol, ParseResult parsed, string word)
    {
        var known = symbol.GetCompletions(CompletionContext.Empty).Select(item => (item.Label, item.Detail)).ToArray();
        return known.Length > 0 ? known : NamesOf(symbol, parsed, word).Select(name => (name, (string?)null));
    }

    // By the names in the help, so that every argument called TASK completes tasks.
    private IEnumerable<string> NamesOf(Symbol symbol, ParseResult parsed, string word) =>
        (symbol, symbol is Option option ? option.HelpName : symbol.Name) switch
    {
        (_, "TASK") => names.Tasks(parsed),
        (_, "BASE") or (Option { Name: "--base", HelpName: not "FILE" }, _) => names.Bases(parsed),
        (_, "TAG") => TaskOf(parsed) is { } task ? names.Tags(parsed, task) : [],
        (Argument { Description: Arguments.NewStepText }, _) => [],
        (_, "STEP" or "TO" or "A" or "B" or "PARENT" or "FROM" or "TASK:STEP") =>
            States(parsed, word, symbol is { Name: "FROM" or "--from" or "--parent" }),
        _ => [],
    };

    private IEnumerable<string> States(ParseResult parsed, string word, bool mayBeBase)
    {
        // TASK:STEP names a checkpoint of another task.
        if (word.IndexOf(':') is > 0 and var colon)
        {
            var other = word[..colon];
            return Of(other).Select(step => $"{other}:{step}");
        }

        return TaskOf(parsed) is { } task ? Of(task).Concat(mayBeBase ? ["base"] : []) : [];

        IEnumerable<string> Of(string name) => names.Steps(parsed, name).Concat(names.Tags(parsed, name)).Concat(Words);
    }

    private static string? TaskOf(ParseResult parsed) => parsed.CommandResult.Children
        .Where(result => result is ArgumentResult { Argument.Name: "TASK" } or OptionResult { Option.Name: "--task" })
        .SelectMany(result => result.Tokens).Select(token => token.Value).FirstOrDefault();
}
