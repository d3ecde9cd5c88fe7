using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>The bases of a store: the models that tasks start from, each with one or more names. Safe for use by many callers at
/// once.</summary>
public interface IBases
{
    /// <summary>Adds a base under a name. The same content may have several names.</summary>
    /// <param name="name">The alias.</param>
    /// <param name="files">Its files, each read before the next is asked for: one or more safetensors files, and side files.</param>
    /// <param name="cancellationToken">Ends the upload, leaving nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseTaken"/>, <see cref="ErrorCode.NameInvalid"/>, or a code for each way a
    /// header can lie.
    /// </exception>
    Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken = default);

    /// <summary>A base by its name or its id in hexadecimal.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>The bases by name.</summary>
    /// <param name="page">Where the list begins, and how much one request asks for. Default: the first base.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    AsyncPageable<BaseInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Opens a base to be read. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<IModelReader> OpenAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>Removes a name of a base, and with its last name the base: for good, unlike a checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>; <see cref="ErrorCode.BaseInUse"/>: it is the last name, and
    /// tasks are on the
    /// base, be they deleted tasks that can be brought back.</exception>
    Task<RemovedBase> DeleteAsync(string name, CancellationToken cancellationToken = default);
}

/// <summary>Looks into the bases of tasks.</summary>
public static class BasesExtensions
{
    /// <summary>Gives whether a task's layout has a tensor of a name: one of its own, or one of its base that it has not dropped.</summary>
    /// <param name="bases">The bases of the task's store.</param>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Ends the reading of the base's layout.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    public static async Task<Func<string, bool>> TensorsOfAsync(
        this IBases bases, TaskInfo task, CancellationToken cancellationToken = default)
    {
        await using var reader = await bases.OpenAsync(task.BaseId.ToString(), cancellationToken);
        var layout = reader.Layout;
        return name => task.Tensors.TryGetValue(name, out var own) ? own is not null : layout.TryIndexOf(name, out _);
    }
}
