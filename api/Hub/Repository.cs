using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Hub;

/// <summary>A model repository: a task, or a base that no task has the name of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Modified">When it was saved last; <see langword="null"/>: it has nothing yet.</param>
/// <param name="Tags">What can be filtered by: the kind of its files, and which base it is or is on.</param>
internal sealed record Repository(string Name, DateTimeOffset Created, DateTimeOffset? Modified, IReadOnlyList<string> Tags)
{
    /// <summary>The tag that every repository has.</summary>
    public const string Format = "safetensors";

    /// <summary>A task.</summary>
    public static Repository Of(TaskInfo task) => new(task.Name, task.Created, task.Saved, [Format, $"base:{task.Base}"]);

    /// <summary>A base, under one of its names.</summary>
    public static Repository Of(BaseInfo info, string name) => new(name, info.Created, info.Created, [Format, "base"]);

    /// <summary>Finds a repository.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: neither a task nor a base has the name.</exception>
    public static async Task<Repository> FindAsync(IFishStore store, string name, CancellationToken cancellation)
    {
        try
        {
            return Of(await store.Tasks.GetAsync(name, cancellation));
        }
        catch (FishException missing) when (missing.Code == ErrorCode.TaskNotFound)
        {
            return Of(await FindBaseAsync(store.Bases, name, missing, cancellation), name);
        }
    }

    /// <summary>Finds the base that a repository is, where no task has its name.</summary>
    /// <exception cref="FishException"><paramref name="missing"/>: there is none.</exception>
    public static async Task<BaseInfo> FindBaseAsync(IBases bases, string name, FishException missing,
        CancellationToken cancellation)
    {
        try
        {
            return await bases.GetAsync(name, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.BaseNotFound)
        {
            throw missing;
        }
    }
}
