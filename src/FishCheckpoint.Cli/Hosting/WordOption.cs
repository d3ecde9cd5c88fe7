using System.CommandLine;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>An option of a few words, which may stand without one: the argument behind it is its word only if it is one of them.</summary>
internal sealed class WordOption : Option<string?>
{
    private readonly string[] words;

    /// <param name="name">The option's name.</param>
    /// <param name="words">The words; the first is meant where none is given.</param>
    public WordOption(string name, params string[] words)
        : base(name)
    {
        this.words = words;
        (Arity, HelpName) = (ArgumentArity.ZeroOrOne, string.Join('|', words));
        this.AcceptOnlyFromAmong(words);
    }

    /// <summary>Gives each such option that has no word its own, so that the parser does not take the next argument for it.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="args">A command line.</param>
    public static string[] Complete(Command root, string[] args)
    {
        var (command, completed) = (root, args.ToArray());
        for (var at = 0; at < args.Length && args[at] != "--"; at++)
        {
            command = command.Subcommands.FirstOrDefault(child => child.Name == args[at]) ?? command;
            if (command.Options.OfType<WordOption>().FirstOrDefault(option => option.Name == args[at]) is { } found
                && !found.words.Contains(args.ElementAtOrDefault(at + 1)))
            {
                completed[at] = $"{found.Name}={found.words[0]}";
            }
        }

        return completed;
    }
}
