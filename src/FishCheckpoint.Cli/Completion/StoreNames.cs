using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Completion;

/// <summary>
/// The names that a store has, for the TAB key: asked of the folder, which is only read, or of the server. Whatever fails or takes longer
/// than a moment gives none; a shell that waits is worse than one that knows no names.
/// </summary>
internal sealed class StoreNames(Shell shell)
{
    private const int Most = 200;
    private static readonly PageRequest First = new(Most);
    private readonly Lazy<long> began = new(TimeProvider.System.GetTimestamp);

    public IReadOnlyList<string> Tasks(ParseResult parsed) => Ask(
        parsed, names => names.Tasks(Most), (store, stop) => store.Tasks.ListAsync(First, stop).Take(Most).Select(task => task.Name));

    public IReadOnlyList<string> Bases(ParseResult parsed) => Ask(
        parsed, names => names.Bases(Most), (store, stop) => store.Bases.ListAsync(First, stop).Take(Most).Select(found => found.Name));

    public IReadOnlyList<string> Tags(ParseResult parsed, string task) => Ask(
        parsed, names => names.Tags(task, Most),
        (store, stop) => store.Checkpoints.ListAsync(task, First, stop).Take(Most).SelectMany(item => item.Tags));

    /// <summary>Steps, the newest first.</summary>
    public IReadOnlyList<string> Steps(ParseResult parsed, string task) => Ask(
        parsed, names => names.Steps(task, Most).Select(step => $"{step}"),
        (store, stop) => store.Checkpoints.ListAsync(task, First, stop).Take(Most)
            .Select(item => item.Step).OrderDescending().Select(step => $"{step}"));

    // What a shell puts into its line may be run: nothing goes there that is no name, whatever a server says.
    private static bool IsName(string text) =>
        text.Length is > 0 and <= 128 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private IReadOnlyList<string> Ask(
        ParseResult parsed, Func<StoreProbe, IEnumerable<string>> ofFolder,
        Func<FishClient, CancellationToken, IAsyncEnumerable<string>> ofServer)
    {
        // One time for all that is asked for one press of the key.
        var left = shell.SuggestPatience - TimeProvider.System.GetElapsedTime(began.Value);
        if (left <= TimeSpan.Zero)
        {
            return [];
        }

        using var stop = new CancellationTokenSource(left);
        var asking = Task.Run(
            async () =>
            {
                if (shell.ServerOf(parsed) is { } server)
                {
                    await using var client = FishClient.Connect(server, shell.ClientOptionsOf(parsed));
                    return await ofServer(client, stop.Token).ToListAsync(stop.Token);
                }

                using var look = StoreProbe.Open(shell.DataFolderOf(parsed));
                return look is null ? [] : [.. ofFolder(look)];
            },
            stop.Token);
        try
        {
            return asking.Wait(left) ? [.. asking.Result.Where(IsName)] : [];
        }
        catch (Exception)
        {
            // Not there, no key, damaged: the command itself will say so.
            return [];
        }
    }
}
