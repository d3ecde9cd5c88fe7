using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// Processes that work on a store, one after the other, each in a managed heap that may not grow beyond a size: from one in which nothing
/// runs to one in which all does. Wherever .NET runs out of memory, what was acknowledged is there, and what was not is absent or complete.
/// </summary>
/// <param name="seed">The seed of the operations.</param>
/// <param name="folder">A folder for the store.</param>
public sealed class MemorySuite(int seed, string folder)
{
    private const int Beginning = 30;
    private const int Operations = 15;

    private readonly SuiteResult result = new();
    private readonly ChildArguments work = new(Path.Combine(folder, "data"), seed, 0, Operations);
    private StoreModel held = new();

    /// <summary>Tries sizes.</summary>
    /// <param name="from">The smallest, in KiB.</param>
    /// <param name="to">None is larger, in KiB.</param>
    /// <param name="stride">From one to the next, in KiB.</param>
    /// <param name="progress">How long it may go on.</param>
    public async Task<SuiteResult> RunAsync(int from, int to, int stride, Progress progress)
    {
        var next = await RunAsync(work with { Count = Beginning }, null);
        for (var size = from; size <= to && result.Findings.Count == 0 && !progress.IsOver; size += stride)
        {
            next = await RunAsync(work with { First = next, Dense = size / stride % 2 == 0 }, size);
            progress.Report($"{size} KiB: done");
        }

        return result;
    }

    private async Task<int> RunAsync(ChildArguments part, int? size)
    {
        var transcript = new Transcript(number => Script.At(seed, number), held);
        var where = $"seed {seed}, from operation {part.First} on, in {size} KiB";
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (size is not null)
        {
            environment.Add("DOTNET_GCHeapHardLimit", $"{size * 1024L:x}");
            environment.Add("DOTNET_gcConcurrent", "0");
        }

        using var process = Child.Start(new MemoryChild(part).ToList(), environment);
        try
        {
            while (await process.ReadLineAsync() is { } line)
            {
                if (line.EndsWith(Transcript.NoMemory, StringComparison.Ordinal))
                {
                    result.Count($"operations that ran out of memory: {transcript.Doing}");
                }

                transcript.Take(line);
            }
        }
        catch (TimeoutException)
        {
            result.Find($"{where}: the process hangs while {transcript.Doing}");
        }

        var errors = await process.EndAsync();
        result.Count(
            errors.Length == 0 ? "processes that came to their end" : $"processes ended by lack of memory while {transcript.Doing}");
        result.Count("operations that were answered", transcript.Acknowledged - transcript.MemoryRefusals);
        result.Find(errors.Length == 0 || IsLackOfMemory(errors) ? [] : [$"the process ended with {process.ExitCode}: {errors}"], where);
        await CheckAsync(transcript, where);
        return Math.Max(part.First, transcript.Next);
    }

    // The runtime's own words where its heap cannot be made, where it gives up, and of an exception that nothing caught.
    private static bool IsLackOfMemory(string errors) =>
        new[] { "GC heap initialization failed", "Out of memory", "OutOfMemoryException" }
            .Any(words => errors.Contains(words, StringComparison.Ordinal));

    private async Task CheckAsync(Transcript transcript, string where)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
        held = transcript.Match(await StoreProbe.LinesAsync(store)) ?? held;
        result.Count("checkpoints compared", held.Lines().Count(line => line.StartsWith("step", StringComparison.Ordinal)));
        result.Find([.. transcript.Wrong, .. await StoreAudit.RunAsync(store)], where);
    }
}
