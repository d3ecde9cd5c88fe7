using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>Sees to it that the task is there that versions are imported into, and its base.</summary>
internal static class ImportTask
{
    /// <summary>Makes what is missing.</summary>
    /// <returns>The name of the base, if it was added.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: no base was named; <see cref="ErrorCode.BaseNotFound"/>: it
    /// is not there, and the first version no full one; <see cref="ErrorCode.BaseMismatch"/>: the task has another.</exception>
    public static async Task<string?> PrepareAsync(
        IFishStore store, IVersionFormat format, ImportOptions options, FoundVersion first, CancellationToken cancellation)
    {
        if (await FindTaskAsync(store.Tasks, options.Task, cancellation) is { } task)
        {
            await RequireBaseAsync(store.Bases, options, task, cancellation);
            return null;
        }

        if (options.Base is null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, options.Task, "There is no such task, and no base was named to make it on.",
                "Name a base that is there, or a new name for the first full version.");
        }

        Names.Check(options.Task, "task");
        var added = await AddBaseAsync(store.Bases, format, options, first, cancellation);
        await store.Tasks.PutAsync(options.Task, new TaskSpec(options.Base), cancellation);
        return added ? options.Base : null;
    }

    private static async Task<TaskInfo?> FindTaskAsync(ITasks tasks, string task, CancellationToken cancellation)
    {
        try
        {
            return await tasks.GetAsync(task, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound)
        {
            return null;
        }
    }

    private static async Task RequireBaseAsync(IBases bases, ImportOptions options, TaskInfo task, CancellationToken cancellation)
    {
        if (options.Base is { } name && (await bases.GetAsync(name, cancellation)).Id is var id && id != task.BaseId)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, task.Name, $"The task is bound to the base {task.Base} ({task.BaseId}); {name} is {id}.",
                "Leave the base out, or import into another task.");
        }
    }

    private static async Task<bool> AddBaseAsync(
        IBases bases, IVersionFormat format, ImportOptions options, FoundVersion first, CancellationToken cancellation)
    {
        try
        {
            await bases.GetAsync(options.Base!, cancellation);
            return false;
        }
        catch (FishException error) when (error.Code == ErrorCode.BaseNotFound && first.IsFull)
        {
            using var model = format.OpenFull(first, options); // refused before anything is sent, if it lies
            await bases.AddAsync(options.Base!, FilesOf(model), cancellation);
            return true;
        }
    }

    private static async IAsyncEnumerable<UploadFile> FilesOf(ModelFolder model)
    {
        (string Name, string Path)[] files =
            [.. model.Files.Files.Zip(model.Paths, (file, path) => (file.Name, path)),
                .. model.SideFiles.Select(file => (file.Name, file.Path))];
        foreach (var (name, path) in files)
        {
            await using var content = PositionalFile.OpenStream(path);
            yield return new UploadFile(files.Length == 1 ? ModelFiles.SingleFileName : name, content);
        }
    }
}
