using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>Finds or creates the task and the base of an import.</summary>
internal static class ImportTask
{
    /// <summary>Creates a missing task or base.</summary>
    /// <returns>The name of the base, if it was created.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: no base is given; <see cref="ErrorCode.BaseNotFound"/>: it
    /// does not exist, and the first version is not full; <see cref="ErrorCode.BaseMismatch"/>: the task has another base.</exception>
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
                ErrorCode.RequestInvalid, options.Task, "The task does not exist, and no base is given to create it.",
                "Give an existing base, or a new name for the first full version.");
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
                ErrorCode.BaseMismatch, task.Name, $"The task's base is {task.Base} ({task.BaseId}); {name} is {id}.",
                "Leave out the base, or import into another task.");
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
            using var model = format.OpenFull(first, options); // an invalid model is refused before anything is sent
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
