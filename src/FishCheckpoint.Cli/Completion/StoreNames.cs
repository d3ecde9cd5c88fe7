using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Cli.Completion;

/// <summary>
/// The names in a store, for completion, from the folder, which is only read, or from the server. A failure or a timeout gives no names, as
/// the user waits at the prompt.
/// </summary>
internal sealed class StoreNames(Shell shell)
{
    private const int MaxNames = 200;
    private static readonly PageRequest First = new(MaxNames);
    private readonly Lazy<long> began = new(TimeProvider.System.GetTimestamp);

    public IReadOnlyList<string> Tasks(ParseResult parsed) => Ask(
        parsed, names => names.Tasks(MaxNames),
        (store, stop) => store.Tasks.ListAsync(First, stop).Take(MaxNames).Select(task => task.Name));

    public IReadOnlyList<string> Bases(ParseResult parsed) => Ask(
        parsed, names => names.Bases(MaxNames),
        (store, stop) => store.Bases.ListAsync(First, stop).Take(MaxNames).Select(found => found.Name));

    public IReadOnlyList<string> Tags(ParseResult parsed, string task) => Ask(
        parsed, names => names.Tags(task, MaxNames),
        (store, stop) => store.Checkpoints.ListAsync(task, First, stop).Take(MaxNames).SelectMany(item => item.Tags));

    /// <summary>Steps, newest first.</summary>
    public IReadOnlyList<string> Steps(ParseResult parsed, string task) => Ask(
        parsed, names => names.Steps(task, MaxNames).Select(step => $"{step}"),
        (store, stop) => store.Checkpoints.ListAsync(task, First, stop).Take(MaxNames)
            .Select(item => item.Step).OrderDescending().Select(step => $"{step}"));

    // A shell may run what it puts into its line, so only valid names go there, whatever a server sends.
    private static bool IsName(string text) =>
        text.Length is > 0 and <= 128 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private IReadOnlyList<string> Ask(
        ParseResult parsed, Func<StoreProbe, IEnumerable<string>> ofFolder,
        Func<FishClient, CancellationToken, IAsyncEnumerable<string>> ofServer)
    {
        // One time limit for all requests of a key press.
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

                using var probe = StoreProbe.Open(shell.DataFolderOf(parsed));
                return probe is null ? [] : [.. ofFolder(probe)];
            },
            stop.Token);
        try
        {
            return asking.Wait(left) ? [.. asking.Result.Where(IsName)] : [];
        }
        catch (Exception)
        {
            // Missing, no key, damaged: the command itself reports it.
            return [];
        }
    }
}
