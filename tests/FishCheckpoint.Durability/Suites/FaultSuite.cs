using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Faults;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// The script, with one of its calls that write, sync, create, rename, cut or remove a file failing: each in turn, in each of several ways.
/// Nothing crashes or hangs, what could not be made durable is refused, and what was acknowledged is there afterwards.
/// </summary>
/// <param name="library">What <see cref="FaultLibrary"/> has compiled.</param>
/// <param name="folder">A folder for the stores.</param>
public sealed class FaultSuite(string library, string folder)
{
    // Side by side, for each waits for its disk most of the time.
    private const int Children = 2;

    private readonly SuiteResult result = new();

    /// <summary>Fails every n-th call in each way.</summary>
    /// <param name="stride">From one call to the next.</param>
    /// <param name="progress">How long it may go on.</param>
    /// <param name="from">No call before this one fails: so that what was found of one is looked at again.</param>
    /// <param name="to">And none after this one.</param>
    /// <param name="kind">The kind of calls that are numbered, as <c>sync</c>; empty for all.</param>
    /// <param name="way">How the names of the ways of failing begin, as <c>EMFILE</c>; empty for all.</param>
    public async Task<SuiteResult> RunAsync(
        int stride, Progress progress, int from = 1, int to = int.MaxValue, string kind = "", string way = "")
    {
        await RunChildAsync(new FaultChild(folder, 0, 0, 1), progress);
        if (result["calls: write, of the database"] == 0 || result["calls: write, of other files"] == 0
            || result["calls: sync, of other files"] < 4)
        {
            result.Find("The library is not between the process and its files.");
            return result;
        }

        for (var mode = 0; mode < FaultMode.All.Count; mode++)
        {
            var number = mode;
            var step = stride * FaultMode.All[mode].Spacing;
            if (!FaultMode.All[mode].Name.StartsWith(way, StringComparison.Ordinal))
            {
                continue;
            }

            await Task.WhenAll(Enumerable.Range(0, Children).Select(
                child => RunChildAsync(
                    new FaultChild(folder, number, from + (step / 2) + (child * step), Children * step, to, kind), progress)));
            progress.Report($"{FaultMode.All[mode].Name}: done");
        }

        return result;
    }

    // A child that crashes or hangs is followed by one that goes on behind the call that it did so on.
    private async Task RunChildAsync(FaultChild? work, Progress progress)
    {
        while (work is not null)
        {
            work = await RunOnceAsync(work, progress);
        }
    }

    private async Task<FaultChild?> RunOnceAsync(FaultChild work, Progress progress)
    {
        using var child = Child.Start(work.ToList(), new Dictionary<string, string>(StringComparer.Ordinal) { ["LD_PRELOAD"] = library });
        var (name, call, isOver) = (FaultMode.All[work.Mode].Name, work.First, false);
        try
        {
            while (!isOver && await child.ReadLineAsync() is { } line)
            {
                var words = line.Split(' ', 4);
                switch (words[0])
                {
                    case "at":
                        call = int.Parse(words[1]);
                        result.Count("runs");
                        result.Count($"runs with {name}");
                        break;
                    case "count":
                        result.Count($"calls: {words[1]}, of the database", long.Parse(words[2]));
                        result.Count($"calls: {words[1]}, of other files", long.Parse(words[3]));
                        break;
                    case "refused":
                        result.Count("operations refused", long.Parse(words[1]));
                        isOver = progress.IsOver;
                        break;
                    case "over":
                        isOver = true;
                        break;
                    default:
                        result.Find($"{name}, call {call}: {line}");
                        break;
                }
            }
        }
        catch (TimeoutException)
        {
            result.Find($"{name}, call {call}: the process hangs");
        }

        if (progress.IsOver)
        {
            child.Kill();
        }

        var errors = await child.EndAsync();
        if (!isOver || errors.Length > 0)
        {
            result.Find($"{name}, call {call}: the process ended with {child.ExitCode}: {errors}");
        }

        return isOver || call == 0 ? null : work with { First = call + work.Stride };
    }
}
