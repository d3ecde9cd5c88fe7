using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>
/// Adds similar names to the hint of an error about an unknown name. Reads one page of names, for a second at most.
/// </summary>
internal static class NearNames
{
    private const int MaxNames = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The error with such a hint; the same error if there is no similar name.</summary>
    public static async Task<FishException> AddAsync(FishException error, IFishStore store, CancellationToken cancellation)
    {
        if (error.Code is not (ErrorCode.TaskNotFound or ErrorCode.BaseNotFound or ErrorCode.TagNotFound or ErrorCode.CheckpointNotFound))
        {
            return error;
        }

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            var hint = await HintAsync(error, store, patience.Token).WaitAsync(patience.Token);
            return hint.Length == 0 ? error
                : new FishException(error.Code, error.Key, error.Cause, $"{hint} {error.Hint}".TrimEnd(), error)
                {
                    Operation = error.Operation,
                };
        }
        catch (Exception failure) when (failure is FishException or OperationCanceledException or IOException)
        {
            return error;
        }
    }

    private static async Task<string> HintAsync(FishException error, IFishStore store, CancellationToken cancellation)
    {
        var page = new PageRequest(MaxNames);
        switch (error.Code)
        {
            case ErrorCode.TaskNotFound:
                var tasks = store.Tasks.ListAsync(page, cancellation).Take(MaxNames).Select(task => task.Name);
                return Like(error.Key, await tasks.ToListAsync(cancellation));
            case ErrorCode.BaseNotFound:
                var bases = store.Bases.ListAsync(page, cancellation).Take(MaxNames).Select(found => found.Name);
                return Like(error.Key, await bases.ToListAsync(cancellation));
            default:
                if (error.Key.Split('/') is not [var task, var step])
                {
                    return string.Empty;
                }

                var found = await store.Checkpoints.ListAsync(task, page, cancellation).ReadPageAsync();
                return error.Code == ErrorCode.TagNotFound
                    ? Like(step, found.Items.SelectMany(item => item.Tags).Concat(["latest", "best"]))
                    : long.TryParse(step, out var number) && found.Next is null ? Around(number, [.. found.Items.Select(item => item.Step)])
                    : string.Empty;
        }
    }

    private static string Like(string name, IEnumerable<string> names) => Nearest.Question(Nearest.To(name, names));

    private static string Around(long number, long[] steps)
    {
        var (below, above) = (steps.Where(step => step < number).Select(step => (long?)step).Max(),
            steps.Where(step => step > number).Select(step => (long?)step).Min());
        return (below, above) switch
        {
            (null, null) => "It has no checkpoints yet.",
            (null, _) => $"The first step is {above}.",
            (_, null) => $"The last step is {below}.",
            _ => $"The nearest steps are {below} and {above}.",
        };
    }
}
