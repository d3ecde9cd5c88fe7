using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Cli.Completion;

/// <summary>
/// The names that a store has, for the TAB key: asked of the folder, which is only read, or of the server. Whatever fails or takes longer than a moment gives none; a
/// shell that waits is worse than one that knows no names.
/// </summary>
internal sealed class StoreNames(Shell shell)
{
    private const int Most = 200;
    private readonly Lazy<long> began = new(TimeProvider.System.GetTimestamp);

    public IReadOnlyList<string> Tasks(ParseResult parsed) => Ask(
        parsed, names => names.Tasks(Most), async (store, stop) => (await store.ListTasksAsync(new PageRequest(Most), stop)).Items.Select(task => task.Name));

    public IReadOnlyList<string> Bases(ParseResult parsed) => Ask(
        parsed, names => names.Bases(Most), async (store, stop) => (await store.ListBasesAsync(new PageRequest(Most), stop)).Items.Select(found => found.Name));

    public IReadOnlyList<string> Tags(ParseResult parsed, string task) => Ask(
        parsed, names => names.Tags(task, Most), async (store, stop) => (await CheckpointsAsync(store, task, stop)).SelectMany(item => item.Tags));

    /// <summary>Steps, the newest first.</summary>
    public IReadOnlyList<string> Steps(ParseResult parsed, string task) => Ask(
        parsed, names => names.Steps(task, Most).Select(step => $"{step}"),
        async (store, stop) => (await CheckpointsAsync(store, task, stop)).Select(item => item.Step).OrderDescending().Select(step => $"{step}"));

    // What a shell puts into its line may be run: nothing goes there that is no name, whatever a server says.
    private static bool IsName(string text) => text.Length is > 0 and <= 128 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private static async Task<IReadOnlyList<CheckpointInfo>> CheckpointsAsync(FishClient store, string task, CancellationToken cancellation) =>
        (await store.ListCheckpointsAsync(task, new PageRequest(Most), cancellation)).Items;

    private IReadOnlyList<string> Ask(
        ParseResult parsed, Func<StoreLook, IEnumerable<string>> ofFolder, Func<FishClient, CancellationToken, Task<IEnumerable<string>>> ofServer)
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
                    return [.. await ofServer(client, stop.Token)];
                }

                using var look = StoreLook.Open(shell.DataFolderOf(parsed));
                return look is null ? [] : (IReadOnlyList<string>)[.. ofFolder(look)];
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
