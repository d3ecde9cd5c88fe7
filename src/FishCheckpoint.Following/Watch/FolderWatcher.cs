using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// Saves the versions that a trainer writes to a folder, in the order of their steps. It saves a version once its files have not changed
/// for a while and have the lengths that they announce. A refused version is reported once and retried when it changes. Watching the folder
/// again saves nothing twice.
/// </summary>
/// <param name="store">The store, embedded or remote.</param>
/// <param name="options">What to watch.</param>
/// <param name="saved">Called for each stored version.</param>
public sealed class FolderWatcher(IFishStore store, WatchOptions options, Action<WatchedVersion> saved)
{
    private readonly DropNames names = DropNames.Create(options.Pattern);
    private readonly SettledDrops settled = new(options.Settle, options.Time);
    private readonly Backoff backoff = new(options.RetryDelay, options.Random);

    // The file metadata of each version when it was saved or refused; the keys are names.
    private readonly Dictionary<string, string> done = new(StringComparer.Ordinal);
    private FishException? lastRefusal;
    private Func<string, bool>? tensors;
    private bool noted = true;
    private string? reported;

    /// <summary>Watches until canceled, or with <see cref="WatchOptions.Once"/> until every current version is saved or refused.</summary>
    /// <returns>The refused versions.</returns>
    /// <exception cref="FishException">Errors that a retry cannot fix: the folder or task does not exist, the task is on another base, the
    /// key lacks the permission.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public async Task<IReadOnlyList<FishException>> RunAsync(CancellationToken cancellation = default)
    {
        var folder = Path.GetFullPath(options.Folder);
        if (!Directory.Exists(folder))
        {
            throw new FishException(ErrorCode.FileNotFound, options.Folder, "The folder does not exist.", "Create it, or check the path.");
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

    // Versions that were saved before, have not changed since and are still stored.
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

    // A version that may still change delays the later ones: steps are saved in order.
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
            Report($"The folder cannot be read: {error.Message}");
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
            Refuse(drop,
                new FishException(ErrorCode.FileNotFound, drop.Name, error.Message, "Check the file, then write it again.", error));
            return null;
        }
    }

    private async Task<CheckpointContent> OpenAsync(Drop drop, TaskInfo task, CancellationToken cancellation) => drop.Problem is { } problem
        ? throw new FishException(problem.Code, $"{drop.Name}: {problem.Key}", problem.Cause, problem.Hint, problem)
        : options.Convert(drop.Model) is { } converted ? new CheckpointContent.Full(converted)
        : await CheckpointContent.OpenAsync(drop.Model, null, () => TensorsOfAsync(task, cancellation), options.MaxHeaderLength);

    // They never change. A key with only write access cannot read the base; the server checks the content itself.
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
        // A trainer that keeps only its last few may just have removed it.
        if (Path.Exists(Path.Combine(options.Folder, drop.Name)))
        {
            lastRefusal = error;
            options.OnWarning($"{drop.Name} is not saved: {error.Message} It is tried again when it changes.");
        }
    }

    // Any other error concerns the task or the store and would repeat for every version.
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
                reported = null;
                return answer;
            }
            catch (FishException error)
                when (error.Kind is ErrorKind.Busy or ErrorKind.Full
                    || error.Code is ErrorCode.ServerUnavailable or ErrorCode.StorageUnavailable)
            {
                Report($"{error.Message} Retrying.");
                await Task.Delay(backoff.Next(error.RetryAfter), options.Time, cancellation);
            }
        }
    }

    private void Report(string what)
    {
        if (what != reported)
        {
            reported = what;
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
                $"The saved versions cannot be recorded in {WatchRecord.FileName}: {error.Message} "
                + "After a restart, versions are read again to find out that they are stored.");
        }
    }
}
