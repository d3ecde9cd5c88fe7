using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// Saves the versions that a trainer drops into a folder, in the order of their steps, each once its files have stayed as they are for a
/// while and are as long as they say themselves. What is refused is told once, and looked at again when it has changed. The same folder
/// again saves nothing anew.
/// </summary>
/// <param name="store">The store, embedded or remote.</param>
/// <param name="options">What is watched.</param>
/// <param name="saved">Told of each version that is stored.</param>
public sealed class FolderWatcher(IFishStore store, WatchOptions options, Action<WatchedVersion> saved)
{
    private readonly DropNames names = DropNames.Create(options.Pattern);
    private readonly SettledDrops settled = new(options.Settle, options.Time);
    private readonly Backoff backoff = new(options.RetryDelay, options.Random);

    // By name, how a version looked when it was saved or refused.
    private readonly Dictionary<string, string> done = new(StringComparer.Ordinal);
    private FishException? lastRefusal;
    private Func<string, bool>? tensors;
    private bool noted = true;
    private string? told;

    /// <summary>Watches until it is cancelled, or with <see cref="WatchOptions.Once"/> until all that is there is done.</summary>
    /// <returns>What was refused.</returns>
    /// <exception cref="FishException">What no waiting helps against: there is no such folder or task, the task is on another base, the key
    /// does not reach.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<IReadOnlyList<FishException>> RunAsync(CancellationToken cancellation = default)
    {
        var folder = Path.GetFullPath(options.Folder);
        if (!Directory.Exists(folder))
        {
            throw new FishException(ErrorCode.FileNotFound, options.Folder, "There is no such folder.", "Make it, or check the path.");
        }

        var task = await PatientlyAsync(() => WatchedTask.PrepareAsync(store, options, cancellation), cancellation);
        var record = WatchRecord.Read(folder, task);
        await SkipStoredAsync(folder, record, cancellation);
        var refused = new List<FishException>();
        while (true)
        {
            var left = await LookAsync(folder, record, task, refused, cancellation);
            if (options.Once && left == 0)
            {
                return refused;
            }

            await Task.Delay(options.Interval, options.Time, cancellation);
        }
    }

    // What was saved before, as it looks now, and is stored still.
    private async Task SkipStoredAsync(string folder, WatchRecord record, CancellationToken cancellation)
    {
        if (record.Saved.Count == 0)
        {
            return;
        }

        var states = await PatientlyAsync(() => WatchedTask.StatesAsync(store.Checkpoints, options.Task, cancellation), cancellation);
        foreach (var drop in Drop.All(folder, names))
        {
            if (record.Find(drop) is { } before && states.TryGetValue(drop.Step, out var state) && state == before.State)
            {
                done[drop.Name] = drop.Look;
            }
        }
    }

    // A version that has not settled holds back the later ones: steps are saved in their order.
    private async Task<int> LookAsync(
        string folder, WatchRecord record, TaskInfo task, List<FishException> refused, CancellationToken cancellation)
    {
        IReadOnlyList<Drop> drops;
        try
        {
            drops = Drop.All(folder, names);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Tell($"The folder cannot be read: {error.Message}");
            return 1;
        }

        settled.See(drops);
        var left = drops.Where(drop => done.GetValueOrDefault(drop.Name) != drop.Look).ToArray();
        for (var next = 0; next < left.Length; next++)
        {
            if (!settled.IsSettled(left[next]))
            {
                return left.Length - next;
            }

            if (await SaveAsync(left[next], task, cancellation) is var (version, state))
            {
                record.Add(left[next], state);
                Note(() => record.Write(folder, drops));
                saved(version);
            }
            else if (lastRefusal is { } refusal)
            {
                refused.Add(refusal);
            }

            done[left[next].Name] = left[next].Look;
        }

        return 0;
    }

    private async Task<(WatchedVersion Version, Digest State)?> SaveAsync(Drop drop, TaskInfo task, CancellationToken cancellation)
    {
        lastRefusal = null;
        try
        {
            var started = options.Time.GetTimestamp();
            using var content = await OpenAsync(drop, task, cancellation);
            var stored = await PatientlyAsync(
                () => store.Checkpoints.SaveAsync(
                    task.Name, drop.Step, content, new SaveOptions { ExpectedBase = task.BaseId }, cancellation),
                cancellation);
            var info = stored.Value;
            var version = new WatchedVersion(
                task.Name, drop.Step, drop.Name, stored.Created, info.Changed, info.StoredBytes, info.LogicalBytes,
                options.Time.GetElapsedTime(started).TotalSeconds,
                LeftOutFile.Join((content as CheckpointContent.Full)?.Model.LeftOut, info.LeftOut));
            return (version, info.State);
        }
        catch (FishException error) when (IsOfTheVersion(error))
        {
            Refuse(drop, error);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Refuse(drop, new FishException(ErrorCode.FileNotFound, drop.Name, error.Message, "Check the file.", error));
            return null;
        }
    }

    private async Task<CheckpointContent> OpenAsync(Drop drop, TaskInfo task, CancellationToken cancellation) => drop.Problem is { } problem
        ? throw new FishException(problem.Code, $"{drop.Name}: {problem.Key}", problem.Cause, problem.Hint, problem)
        : options.Convert(drop.Model) is { } converted ? new CheckpointContent.Full(converted)
        : await CheckpointContent.OpenAsync(drop.Model, null, () => TensorsOfAsync(task, cancellation), options.MaxHeaderLength);

    // They never change. A key that may only write does not see the base: the server looks at what it gets by itself.
    private async Task<Func<string, bool>> TensorsOfAsync(TaskInfo task, CancellationToken cancellation)
    {
        try
        {
            return tensors ??= await store.Bases.TensorsOfAsync(task, cancellation);
        }
        catch (FishException error) when (error.Kind == ErrorKind.Forbidden)
        {
            return _ => false;
        }
    }

    private void Refuse(Drop drop, FishException error)
    {
        // A trainer that keeps its last few only may have removed it just now.
        if (Path.Exists(Path.Combine(options.Folder, drop.Name)))
        {
            lastRefusal = error;
            options.OnWarning($"{drop.Name} is not saved: {error.Message} It is looked at again when it changes.");
        }
    }

    // Anything else is of the task or the store, and would be the same for every version.
    private static bool IsOfTheVersion(FishException error) =>
        error.Kind is not (ErrorKind.Unauthenticated or ErrorKind.Forbidden)
            && error.Code is not (ErrorCode.TaskNotFound or ErrorCode.BaseMismatch);

    private async Task<T> PatientlyAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var answer = await ask();
                backoff.Reset();
                told = null;
                return answer;
            }
            catch (FishException error)
                when (error.Kind is ErrorKind.Busy or ErrorKind.Full
                    || error.Code is ErrorCode.ServerUnavailable or ErrorCode.StorageUnavailable)
            {
                Tell($"{error.Message} It will be tried again.");
                await Task.Delay(backoff.Next(error.RetryAfter), options.Time, cancellation);
            }
        }
    }

    private void Tell(string what)
    {
        if (what != told)
        {
            told = what;
            options.OnWarning(what);
        }
    }

    private void Note(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!noted)
            {
                return;
            }

            noted = false;
            options.OnWarning(
                $"What was saved cannot be noted in {WatchRecord.FileName}: {error.Message} After a restart, versions are read again to "
                + "find that they are stored.");
        }
    }
}
