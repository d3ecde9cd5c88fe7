using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Tests.Training;

/// <summary>Keeps saves in memory; a test can hold them back, or make them fail.</summary>
internal sealed class FakeStore : IFishStore, ITasks, ICheckpoints, IStates
{
    public ConcurrentQueue<(string Task, long Step, CheckpointContent.Changed Content, SaveOptions Options)> Saves { get; } = new();

    public Func<long, Task> BeforeSave { get; set; } = _ => Task.CompletedTask;

    /// <summary>The base's bytes by tensor; without them there is nothing to check leaks against.</summary>
    public Func<string, byte[]>? Base { get; set; }

    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellationToken = default)
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

    public ITasks Tasks => this;

    public ICheckpoints Checkpoints => this;

    public IStates States => this;

    public IBases Bases => throw new NotSupportedException();

    public IReports Reports => throw new NotSupportedException();

    public IMaintenance Maintenance => throw new NotSupportedException();

    public IEvents Events => throw new NotSupportedException();

    public IAccessControl Access => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<IModelReader> OpenBranchPointAsync(string task, CancellationToken cancellationToken = default) => Base is { } bytes
        ? Task.FromResult<IModelReader>(new FakeReader(bytes, Layout))
        : throw new FishException(ErrorCode.ServerUnavailable, "fake", "There is no base.", "Give one.");

    Task<Saved<TaskInfo>> ITasks.PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken) =>
        Task.FromResult(new Saved<TaskInfo>(InfoOf(task), false));

    Task<TaskInfo> ITasks.GetAsync(string task, CancellationToken cancellationToken) => Task.FromResult(InfoOf(task));

    AsyncPageable<TaskInfo> ITasks.ListAsync(PageRequest? page, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<TaskInfo> ITasks.ChangeAsync(string task, JsonElement patch, bool dryRun, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task ITasks.DeleteAsync(string task, CancellationToken cancellationToken) => throw new NotSupportedException();

    AsyncPageable<DeletedTask> ITasks.ListDeletedAsync(PageRequest? page, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<TaskInfo> ITasks.UndeleteAsync(string task, string? asTask, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<CheckpointInfo> ICheckpoints.GetAsync(string task, StepRef step, CancellationToken cancellationToken) => Latest is { } latest
        ? Task.FromResult(new CheckpointInfo(
            task, latest, "base", default, default, 0, 0, 0, 0, 0, 0, 1, null, new Dictionary<string, double>(StringComparer.Ordinal), [],
            DateTimeOffset.UnixEpoch))
        : throw new FishException(ErrorCode.CheckpointNotFound, $"{task}/{step}", "The task has no such checkpoint.", "Save one.");

    AsyncPageable<CheckpointInfo> ICheckpoints.ListAsync(string task, PageRequest? page, CancellationToken cancellationToken) =>
        new((_, _) => Task.FromResult(new Page<CheckpointInfo>([], null)), page, cancellationToken);

    Task ICheckpoints.DeleteAsync(string task, StepRef step, CancellationToken cancellationToken) => throw new NotSupportedException();

    AsyncPageable<DeletedCheckpoint> ICheckpoints.ListDeletedAsync(string task, PageRequest? page, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<Undeleted> ICheckpoints.UndeleteAsync(string task, long step, UndeleteOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task ICheckpoints.SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task ICheckpoints.SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<IModelReader> IStates.OpenAsync(string task, StepRef step, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<EncodedDelta> IStates.OpenDeltaAsync(string task, StepRef to, StateRef from, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<EncodedDelta?> IStates.OpenDeltaAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<ChangeReport> IStates.CompareAsync(string task, StepRef to, StateRef from, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<Saved<TrainerStateInfo>> IStates.PutTrainerStateAsync(string task, StepRef step, Stream content,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<Stream> IStates.OpenTrainerStateAsync(string task, StepRef step, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private static TaskInfo InfoOf(string task) => new(
        task, "base", default, default, null, new Dictionary<string, string>(StringComparer.Ordinal), null,
        new Dictionary<string, OwnTensor?>(StringComparer.Ordinal), 0, null, DateTimeOffset.UnixEpoch);

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
