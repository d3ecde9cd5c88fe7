using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Hub;

/// <summary>A model repository: a task, or a base without a task of the same name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Modified">When it was last saved to; <see langword="null"/>: it is empty.</param>
/// <param name="Tags">Its filter tags: the kind of its files, and which base it is or uses.</param>
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

    /// <summary>Finds a base repository, if no task has its name.</summary>
    /// <exception cref="FishException"><paramref name="missing"/>: it does not exist.</exception>
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
