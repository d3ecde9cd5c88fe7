using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Storage;

/// <summary>The store on one machine: SQLite for everything but the bases' bytes, which are files beside it.</summary>
public sealed class SqliteCheckpointStore : ICheckpointStore, IStorageReports
{
    private SqliteCheckpointStore(StoreOptions options) => Options = options;

    /// <summary>What the store was opened with.</summary>
    public StoreOptions Options { get; }

    /// <summary>Opens the store of a data folder, making or migrating it.</summary>
    public static async Task<SqliteCheckpointStore> OpenAsync(StoreOptions options, CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        return new SqliteCheckpointStore(options);
    }

    /// <inheritdoc/>
    public Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task DeleteTaskAsync(string task, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StepRef? from = null, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
