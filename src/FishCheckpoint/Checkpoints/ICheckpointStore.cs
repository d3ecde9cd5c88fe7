using System.Text.Json;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Keeps bases, tasks and their checkpoints. Safe for use by many callers at once.
/// <list type="bullet">
/// <item>A save that returned is committed and synced; one that threw, or was killed, is absent or complete, never half.</item>
/// <item>Saves are idempotent: the same again answers <see cref="Saved{T}.Created"/> = <see langword="false"/>; other content for a taken key is refused.</item>
/// <item>Every refusal is a <see cref="FishException"/> and changes nothing.</item>
/// <item>Nothing damaged is ever given out as good.</item>
/// </list>
/// Every implementation passes the same contract suite (tests/FishCheckpoint.Contract).
/// </summary>
public interface ICheckpointStore : IAsyncDisposable
{
    /// <summary>Adds a base under a name. The same content may have several names.</summary>
    /// <param name="name">The alias.</param>
    /// <param name="files">Its files, each read before the next is asked for: one or more safetensors files, and side files.</param>
    /// <param name="cancellation">Ends the upload, leaving nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseTaken"/>, <see cref="ErrorCode.NameInvalid"/>, or a code for each way a header can lie.</exception>
    Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default);

    /// <summary>A base by its name or its id in hexadecimal.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default);

    /// <summary>The bases by name.</summary>
    Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Opens a base to be read. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default);

    /// <summary>Removes a name of a base, and with its last name the base: for good, unlike a checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>; <see cref="ErrorCode.BaseInUse"/>: it is the last name, and tasks are on the base, be they
    /// deleted tasks that can be brought back.</exception>
    Task<RemovedBase> DeleteBaseAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Makes a task, or replaces the description, metadata and retention of one, by nothing where <paramref name="spec"/> does not say them:
    /// <see cref="ChangeTaskAsync"/> changes only what it names.
    /// </summary>
    /// <param name="task">Its name.</param>
    /// <param name="spec">What it is to be.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The task; <see cref="TaskInfo.Removes"/> where the retention of an existing one is changed.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskTaken"/>: it exists with another base or other own tensors;
    /// <see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.TensorUnknown"/>: a dropped tensor is not in the base.</exception>
    Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default);

    /// <summary>Changes of a task's description, metadata and retention what a JSON merge patch (RFC 7396) names, and nothing else.</summary>
    /// <param name="task">The task.</param>
    /// <param name="patch">The patch, as in <c>{"retention":{"keepLast":3},"metadata":{"note":null}}</c>.</param>
    /// <param name="dryRun">Whether nothing is changed, and the answer is what would be.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The task; <see cref="TaskInfo.Removes"/> where the retention is changed.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: the patch names something else, or a value is none.
    /// </exception>
    Task<TaskInfo> ChangeTaskAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellation = default);

    /// <summary>A task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default);

    /// <summary>The tasks by name.</summary>
    Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Deletes a task with all its checkpoints. They can be brought back until their grace is over (<see cref="IDeletedCheckpoints"/>); the name is free.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteTaskAsync(string task, CancellationToken cancellation = default);

    /// <summary>Saves a checkpoint, in one transaction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">Its step.</param>
    /// <param name="content">What the trainer holds, in one of four forms.</param>
    /// <param name="options">Parent, checks, metrics, metadata and trainer state, and whether it replaces another checkpoint.</param>
    /// <param name="cancellation">Ends the save, leaving nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.StepTaken"/>, <see cref="ErrorCode.StateTaken"/>,
    /// <see cref="ErrorCode.CheckpointPinned"/>: it would replace a pinned one; <see cref="ErrorCode.TooLarge"/>: more metrics and metadata than
    /// <see cref="SaveInfo.MaxBytes"/>; or a code for each way the content does not fit.</exception>
    Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default);

    /// <summary>A checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default);

    /// <summary>The checkpoints of a task by step.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Deletes a checkpoint. It can be brought back until its grace is over (<see cref="IDeletedCheckpoints"/>). Others whose parent it is stay readable.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default);

    /// <summary>Opens a checkpoint to be rebuilt. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default);

    /// <summary>
    /// Opens the state that a task starts from: the checkpoint that it was made from (<see cref="TaskSpec.From"/>), though it may have been deleted or its name be
    /// another one's since, or else the base, with the task's own tensors as zeros. It is what <see cref="ParentChoice.Auto"/> lays a delta on. The caller
    /// disposes the reader.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation = default);

    /// <summary>The delta between two states of a base. The caller disposes it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The state that the delta gives.</param>
    /// <param name="from">The state that it is laid on; may be of another task on the same base with the same own tensors. Default: the base.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.TagNotFound"/>;
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task is on another base, or has other own tensors.</exception>
    Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default);

    /// <summary>Gives a checkpoint its trainer state: opaque bytes, kept compressed.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateTaken"/>: it has another one already; <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default);

    /// <summary>Opens a checkpoint's trainer state. The caller disposes the stream.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default);

    /// <summary>Sets a tag on a checkpoint, moving it if another one has it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default);

    /// <summary>Removes a tag.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TagNotFound"/>.</exception>
    Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default);

    /// <summary>Pins a checkpoint, so that neither a retention nor a request deletes it, or lets it go again.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation = default);

    /// <summary>Reads everything that a checkpoint is made of and compares it with its digests.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default);
}

/// <summary>What a verification found.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="Sound">Whether everything is as it was saved.</param>
/// <param name="BytesRead">Bytes of base and frames that were read.</param>
/// <param name="Problem">What is damaged, when not sound.</param>
public sealed record VerifyResult(string Task, long Step, bool Sound, long BytesRead, string? Problem);
