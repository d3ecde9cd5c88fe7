using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Content;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>
/// Updates a folder to a checkpoint of a task. The new model is written beside the old one, verified and flushed to disk; then the pointer
/// moves. After a failure at any moment the pointer still has a complete model as its target. One process uses a folder at a time; not safe
/// for concurrent callers.
/// </summary>
public sealed class ModelPuller : IDisposable
{
    // A checkpoint may be deleted during the pull; then the wanted checkpoint is another one.
    private const int Attempts = 3;

    private readonly IFishStore store;
    private readonly PullOptions options;
    private readonly PullFolder folder;
    private bool verified;

    private ModelPuller(IFishStore store, PullOptions options, PullFolder folder) =>
        (this.store, this.options, this.folder) = (store, options, folder);

    /// <summary>Locks the folder.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another process uses it, or it holds something else;
    /// <see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.StorageUnavailable"/>,
    /// <see cref="ErrorCode.InsufficientStorage"/>.</exception>
    public static ModelPuller Open(IFishStore store, PullOptions options)
    {
        Names.Check(options.Task, "task");
        ArgumentOutOfRangeException.ThrowIfNegative(options.Keep);
        try
        {
            return new ModelPuller(store, options, PullFolder.Open(options.Folder, options.OnWarning));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RetryPolicies.Translate(error, options.Folder);
        }
    }

    /// <summary>
    /// The folder for deltas while they are applied. It is on the pull folder's own disk, and the next owner empties it after a crash.
    /// </summary>
    public static string SpoolFolderOf(string folder) => PullFolder.SpoolOf(Path.GetFullPath(folder));

    /// <summary>Pulls the wanted checkpoint if the folder does not have it.</summary>
    /// <returns>The model that the pointer has as its target.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>;
    /// <see cref="ErrorCode.FolderTaken"/>, <see cref="ErrorCode.BaseMismatch"/>: the folder is of another task or base;
    /// <see cref="ErrorCode.DigestMismatch"/>: a file differs from its listing; <see cref="ErrorCode.InsufficientStorage"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/>: the local disk; or an error of the store. The pointer has not moved.</exception>
    public async Task<PulledModel> PullAsync(CancellationToken cancellation = default)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var started = options.Time.GetTimestamp();
                var wanted = await store.Checkpoints.GetAsync(options.Task, options.Step, cancellation);
                if (await PullAsync(wanted, started, attempt == Attempts, cancellation) is { } pulled)
                {
                    return pulled;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RetryPolicies.Translate(error, folder.Path);
        }
    }

    /// <summary>Unlocks the folder.</summary>
    public void Dispose() => folder.Dispose();

    private async Task<PulledModel?> PullAsync(CheckpointInfo wanted, long started, bool last, CancellationToken cancellation)
    {
        var task = await store.Tasks.GetAsync(options.Task, cancellation);
        var current = folder.Find();
        var plan = PullPlan.Of(current, folder.All(), task, wanted);
        if (plan is PullPlan.Stay stay)
        {
            plan = Revise(await VerifyOnceAsync(stay.Folder, cancellation)) ?? plan;
        }
        else if (plan is PullPlan.Return kept)
        {
            plan = Revise(await FindDamageAsync(kept.Folder, cancellation)) ?? plan;
        }

        try
        {
            switch (plan)
            {
                case PullPlan.Stay there when await HasHeadersAsync(there.Folder, wanted, cancellation):
                    Tidy(null);
                    return ResultOf(there.Folder, PullForm.Current, 0, started, null);
                case PullPlan.Return there when await HasHeadersAsync(there.Folder, wanted, cancellation):
                    folder.Point(there.Folder);
                    Tidy(current);
                    return ResultOf(there.Folder, PullForm.Kept, 0, started, null);
                default:
                    return await FetchAsync(plan, current, task, wanted, started, cancellation);
            }
        }
        catch (FishException error) when (error.Code is ErrorCode.CheckpointNotFound or ErrorCode.CheckpointChanged && !last)
        {
            return null;
        }
    }

    // The step may have been replaced by the same values with another header.
    private async Task<bool> HasHeadersAsync(PulledFolder there, CheckpointInfo wanted, CancellationToken cancellation)
    {
        try
        {
            await using var model = await store.States.OpenAsync(options.Task, StepRef.At(wanted.Step), cancellation);
            return ModelHeaders.AreIn(there, model, options.MaxHeaderLength);
        }
        catch (FishException error) when (error.Kind == ErrorKind.Corrupt)
        {
            // The local model is complete, whatever happened to the store's.
            return true;
        }
    }

    private async Task<PulledModel?> FetchAsync(
        PullPlan plan, PulledFolder? current, TaskInfo task, CheckpointInfo wanted, long started, CancellationToken cancellation)
    {
        await using var model = await store.States.OpenAsync(options.Task, StepRef.At(wanted.Step), cancellation);
        if (model.Checkpoint is { } opened && IsOther(opened, wanted))
        {
            return null;
        }

        FolderNames.CheckAll(model.Files.Select(file => file.Name));
        using var incoming = folder.Begin();
        var (fetched, because) = await FetchAsync(plan, new ModelFetch(store, options, task, wanted, model), incoming, cancellation);
        if (model.Checkpoint is null
            && IsOther(await store.Checkpoints.GetAsync(options.Task, StepRef.At(wanted.Step), cancellation), wanted))
        {
            // Replaced while its parts were downloaded.
            return null;
        }

        var manifest = new PulledManifest(PulledManifest.Current, task.Name, task.BaseId, wanted.Step, wanted.State, fetched.Files,
            options.Time.GetUtcNow(), wanted.SideFiles);
        var placed = folder.Place(incoming, manifest);
        verified = true;
        Tidy(current);
        return ResultOf(placed, fetched.Form, fetched.Bytes, started, because);
    }

    private static bool IsOther(CheckpointInfo found, CheckpointInfo wanted) => found.State != wanted.State
        || found.SideFiles != wanted.SideFiles;

    private async Task<(Fetched Fetched, string? Because)> FetchAsync(
        PullPlan plan, ModelFetch fetch, IncomingFolder incoming, CancellationToken cancellation)
    {
        var because = (plan as PullPlan.Full)?.Because;
        if (plan.From is { } from)
        {
            try
            {
                (var patched, because) = await fetch.PatchAsync(from, incoming, cancellation);
                if (patched is not null)
                {
                    return (patched, null);
                }
            }
            catch (DamagedCopyException damage)
            {
                because = Warn(damage.Message);
                incoming.Clear();
            }
        }

        return (await fetch.FullAsync(incoming, cancellation), because);
    }

    // This process verified its own pulls.
    private async Task<string?> VerifyOnceAsync(PulledFolder there, CancellationToken cancellation)
    {
        var damage = verified ? null : await FindDamageAsync(there, cancellation);
        verified = damage is null;
        return damage;
    }

    private static Task<string?> FindDamageAsync(PulledFolder there, CancellationToken cancellation) =>
        Task.Run(() => there.FindDamage(cancellation), cancellation);

    private PullPlan.Full? Revise(string? damage) => damage is null ? null : new PullPlan.Full(Warn(damage));

    private string Warn(string damage)
    {
        options.OnWarning($"{damage} Pulling the full model.");
        return damage;
    }

    // An extra old model is no reason to refuse the new one.
    private void Tidy(PulledFolder? before)
    {
        try
        {
            folder.Tidy(options.Keep, before);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            options.OnWarning($"An older model could not be removed: {error.Message}");
        }
    }

    private PulledModel ResultOf(PulledFolder there, PullForm form, long bytes, long started, string? because) => new(
        options.Task, there.Manifest!.Step, there.Manifest.State, form, bytes, there.Manifest.Bytes,
        options.Time.GetElapsedTime(started).TotalSeconds, there.Path, because);
}
