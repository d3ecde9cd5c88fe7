using System.CommandLine;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>One run of a command on a store.</summary>
/// <param name="Parsed">The parsed command line.</param>
/// <param name="Terminal">The terminal for the result.</param>
/// <param name="Opened">The store.</param>
/// <param name="Json">Whether the result is JSON.</param>
internal sealed record Call(ParseResult Parsed, Terminal Terminal, OpenedStore Opened, bool Json)
{
    public IFishStore Store => Opened.Store;

    /// <summary>Prints a result: as JSON, or as text for people.</summary>
    public void Print<T>(T value, Action<T> forPeople) => Print(Terminal, Json, value, forPeople);

    /// <summary>Prints a list. For people, an empty list names the folder or server.</summary>
    public void PrintList<T>(IReadOnlyList<T> items, string what, Action<IReadOnlyList<T>> forPeople) => Print(items, found =>
    {
        if (found.Count == 0)
        {
            Terminal.Say($"No {what} in {Opened.Place}.");
            return;
        }

        forPeople(found);
    });

    /// <summary>As above, for commands that work on no store.</summary>
    public static void Print<T>(Terminal terminal, bool json, T value, Action<T> forPeople)
    {
        if (json)
        {
            terminal.Output.WriteLine(JsonSerializer.Serialize(value, FishJson.Options));
        }
        else
        {
            forPeople(value);
        }
    }

    /// <summary>Prints a line for people; nothing with <c>--json</c>.</summary>
    public void Say(params FormattableString[] line)
    {
        if (!Json)
        {
            Terminal.Say(line);
        }
    }
}
