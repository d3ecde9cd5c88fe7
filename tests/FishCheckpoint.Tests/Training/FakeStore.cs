using System.Collections.Concurrent;
using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Tests.Training;

/// <summary>Keeps saves in memory; a test can hold them back, or make them fail.</summary>
internal sealed class FakeStore : ICheckpointStore
{
    public ConcurrentQueue<(string Task, long Step, CheckpointContent.Changed Content, SaveOptions Options)> Saves { get; } = new();

    public Func<long, Task> BeforeSave { get; set; } = _ => Task.CompletedTask;

    /// <summary>The base's bytes by tensor; without them there is nothing to check leaks against.</summary>
    public Func<string, byte[]>? Base { get; set; }

    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default)
    {
        await BeforeSave(step);
        var created = !Saves.Any(save => save.Step == step);
        var changed = (CheckpointContent.Changed)content;
        if (created)
        {
            Saves.Enqueue((task, step, changed, options!));
        }

        var info = new CheckpointInfo(
            task, step, "base", default, changed.Delta.Mask.Id, changed.Delta.Mask.Count, 0, StoredBytes: 7, 0, 0, 0, 1, null,
            options!.Metrics, [], DateTimeOffset.UnixEpoch);
        return new Saved<CheckpointInfo>(info, created);
    }

    /// <summary>The layout of the task; a test that saves gives it.</summary>
    public Layout? Layout { get; set; }

    /// <summary>The last step that the task has before the run; <see langword="null"/> for none.</summary>
    public long? Latest { get; set; }

    public static FishException Taken(long step) => new(ErrorCode.StepTaken, $"task/{step}", "The step is taken.", "Use another one.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default) => Base is { } bytes
        ? Task.FromResult<IModelReader>(new FakeReader(bytes, Layout)) : throw new FishException(ErrorCode.ServerUnavailable, "fake", "There is no base.", "Give one.");

    public async Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default) =>
        new(await GetTaskAsync(task, cancellation), false);

    public Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default) => Task.FromResult(new TaskInfo(
        task, "base", default, default, null, new Dictionary<string, string>(StringComparer.Ordinal), null,
        new Dictionary<string, OwnTensor?>(StringComparer.Ordinal), 0, null, DateTimeOffset.UnixEpoch));

    public Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<RemovedBase> DeleteBaseAsync(string name, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<TaskInfo> ChangeTaskAsync(
        string task, System.Text.Json.JsonElement patch, bool dryRun = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task DeleteTaskAsync(string task, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => Latest is { } latest
        ? Task.FromResult(new CheckpointInfo(
            task, latest, "base", default, default, 0, 0, 0, 0, 0, 0, 1, null, new Dictionary<string, double>(StringComparer.Ordinal), [], DateTimeOffset.UnixEpoch))
        : throw new FishException(ErrorCode.CheckpointNotFound, $"{task}/{step}", "The task has no such checkpoint.", "Save one.");

    public Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        Task.FromResult(new Page<CheckpointInfo>([], null));

    public Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation = default) => OpenBaseAsync("base", cancellation);

    public Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default) => throw new NotSupportedException();

    private sealed class FakeReader(Func<string, byte[]> bytes, Layout? layout) : IModelReader
    {
        public Layout Layout => layout ?? throw new NotSupportedException();

        public IReadOnlyList<RestoredFile> Files => [];

        public Task CopyToAsync(string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public async Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default) =>
            await destination.WriteAsync(bytes(tensor), cancellation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
