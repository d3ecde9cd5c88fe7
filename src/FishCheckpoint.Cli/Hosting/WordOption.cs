using System.CommandLine;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// An option with a fixed set of words, which may also be given without one. The next argument is its word only if it is in the set.
/// </summary>
internal sealed class WordOption : Option<string?>
{
    private readonly string[] words;

    /// <param name="name">The option's name.</param>
    /// <param name="words">The words; the first is the value if none is given.</param>
    public WordOption(string name, params string[] words)
        : base(name)
    {
        this.words = words;
        (Arity, HelpName) = (ArgumentArity.ZeroOrOne, string.Join('|', words));
        this.AcceptOnlyFromAmong(words);
    }

    /// <summary>Adds the first word to each such option without one, so that the parser does not take the next argument for it.</summary>
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
