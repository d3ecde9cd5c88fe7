using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>The bases of a store: the models that tasks start from, each with one or more names. Safe for concurrent use.</summary>
public interface IBases
{
    /// <summary>Adds a base under a name. Several names may refer to the same content.</summary>
    /// <param name="name">The alias.</param>
    /// <param name="files">Its files, each read to its end before the next is requested: one or more safetensors files, and side
    /// files.</param>
    /// <param name="cancellationToken">Cancels the upload and stores nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseTaken"/>, <see cref="ErrorCode.NameInvalid"/>, or the code of the error in
    /// a file's header.</exception>
    Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken = default);

    /// <summary>A base by its name or its hexadecimal id.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>The bases by name.</summary>
    /// <param name="page">The start of the list and the page size. Default: from the first base.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    AsyncPageable<BaseInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Opens a base for reading. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<IModelReader> OpenAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>Removes a name of a base. Without a remaining name, the base is deleted and cannot be restored.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>; <see cref="ErrorCode.BaseInUse"/>: it is the last name and
    /// tasks use the base, including deleted tasks that can be restored.</exception>
    Task<RemovedBase> DeleteAsync(string name, CancellationToken cancellationToken = default);
}

/// <summary>Queries about the bases of tasks.</summary>
public static class BasesExtensions
{
    /// <summary>
    /// Returns a predicate for the names in a task's layout: the task's own tensors, and those of its base that it has not dropped.
    /// </summary>
    /// <param name="bases">The bases of the task's store.</param>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Cancels the read of the base's layout.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    public static async Task<Func<string, bool>> TensorsOfAsync(
        this IBases bases, TaskInfo task, CancellationToken cancellationToken = default)
    {
        await using var reader = await bases.OpenAsync(task.BaseId.ToString(), cancellationToken);
        var layout = reader.Layout;
        return name => task.Tensors.TryGetValue(name, out var own) ? own is not null : layout.TryIndexOf(name, out _);
    }
}
