using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads checkpoints, their chains and references.</summary>
internal interface ICheckpointRows
{
    /// <summary>The checkpoint of the task's last step.</summary>
    CheckpointRow? Latest(long task);

    /// <summary>The checkpoint with a tag.</summary>
    CheckpointRow? Tagged(long task, string tag);

    /// <summary>The checkpoint with the lowest or the highest value of a metric; the last one if several share it.</summary>
    CheckpointRow? Best(long task, string metric, bool greatest);

    /// <summary>The checkpoint at a step.</summary>
    CheckpointRow? AtStep(long task, long step);

    /// <summary>The last checkpoint before a step.</summary>
    CheckpointRow? Before(long task, long step);

    /// <summary>A pinned checkpoint of a task; <see langword="null"/> if there is none.</summary>
    CheckpointRow? Pinned(long task);

    /// <summary>A page of a task's checkpoints, with their tags.</summary>
    Page<CheckpointInfo> List(long task, string name, PageRequest page);

    /// <summary>The chain of a checkpoint, starting next to the base.</summary>
    IReadOnlyList<CheckpointRow> Chain(CheckpointRow checkpoint);

    /// <summary>The chain of a checkpoint, starting next to the base, with the <see cref="References"/> of each link.</summary>
    IReadOnlyList<IReadOnlyList<CheckpointRow>> ChainWithEarlier(CheckpointRow checkpoint);

    /// <summary>The prediction chain of a checkpoint, from the first to the checkpoint itself.</summary>
    IReadOnlyList<CheckpointRow> References(CheckpointRow checkpoint);

    /// <summary>
    /// The prediction chain of the last checkpoint before a step that has the mask and that others may be predicted from; empty if there is
    /// none.
    /// </summary>
    IReadOnlyList<CheckpointRow> Predictable(long task, long step, Digest mask);

    /// <summary>The prediction chain of a checkpoint without itself, tombstones included.</summary>
    IReadOnlyList<CheckpointRow> ReferenceOf(CheckpointRow checkpoint);

    /// <summary>The checkpoints whose values are predicted from a checkpoint, tombstones included.</summary>
    IReadOnlyList<CheckpointRow> PredictedFrom(long checkpoint);

    /// <summary>The checkpoint of a row, tombstones included.</summary>
    CheckpointRow? Row(long id);

    /// <summary>The number of visible checkpoints of a task, or of the store.</summary>
    long Count(long? task);

    /// <summary>The name of a checkpoint in findings.</summary>
    string? KeyOf(long id);

    /// <summary>The frame of a checkpoint's trainer state.</summary>
    long TrainerFrameOf(long id);

    /// <summary>The length of a checkpoint's chain, and its state.</summary>
    Tuple<int, Digest>? DepthAndState(long id);

    /// <summary>The last checkpoint whose values are predicted from a checkpoint.</summary>
    long? LastPredictedFrom(long id);

    /// <summary>The number of checkpoints whose values are predicted from a checkpoint.</summary>
    long CountPredictedFrom(long id);

    /// <summary>
    /// The head of a checkpoint's frame; <see langword="null"/> if the row has changed, since another frame may have its number.
    /// </summary>
    byte[]? HeadOf(CheckpointRow row);

    /// <summary>Like <see cref="HeadOf"/>, and also <see langword="null"/> if the parent or the form of the frame has changed.</summary>
    byte[]? HeadOnParent(CheckpointRow row);

    /// <summary>Bytes of a checkpoint's values.</summary>
    long ValueBytesOf(long id);

    /// <summary>Whether a checkpoint is deleted.</summary>
    bool IsDeleted(long id);

    /// <summary>Bytes that the checkpoints account for.</summary>
    long BytesOf(IEnumerable<long> ids);

    /// <summary>Bytes that the checkpoints at some steps of a task account for.</summary>
    long BytesOfSteps(long task, IEnumerable<long> steps);

    /// <summary>The facts that decide the retention of a task's checkpoints.</summary>
    List<RetentionCandidate> RetentionCandidates(long task, string? monitor);

    /// <summary>The step of the parent of a task's latest checkpoint, if the parent belongs to the task.</summary>
    long? ParentStepOfLatest(long task);

    /// <summary>A deleted checkpoint past its grace without dependent checkpoints or tasks.</summary>
    CheckpointRow? Unneeded(long id);

    /// <summary>Whether a reference still holds the same values in the same encoding.</summary>
    bool IsUnchanged(CheckpointRow row);

    /// <summary>The number of checkpoints in the prediction chain below a checkpoint.</summary>
    long? ReferenceDepthOf(long? id);
}

/// <summary>Changes checkpoints, their chains and references.</summary>
internal interface ICheckpointChanges : ICheckpointRows
{
    /// <summary>Adds to the bytes of a checkpoint's own frame, for every checkpoint that reads it.</summary>
    void GrowChains(long checkpoint, long bytes);

    /// <summary>Adds bytes and deltas to the chains of a checkpoint and of its descendants.</summary>
    void ShiftChains(long checkpoint, long bytes, int deltas);

    /// <summary>Stores the row of a new checkpoint.</summary>
    /// <returns>Its id.</returns>
    long Insert(NewCheckpoint made);

    /// <summary>Adds to the bytes of values and positions in a checkpoint's frame.</summary>
    void GrowFrame(long id, long values, long positions);

    /// <summary>Records the effort of a checkpoint's frame.</summary>
    void SetEffort(long id, CodecEffort effort);

    /// <summary>Changes the reference of a checkpoint's values, and adds to their bytes.</summary>
    void SetReference(long id, long growth, long? reference, CodecEffort effort);

    /// <summary>
    /// Removes one frame of the given bytes from the prediction chains of a checkpoint and of all that are predicted from it, directly or
    /// not.
    /// </summary>
    void ShortenReferences(long first, long bytes);

    /// <summary>Ends a checkpoint's share in its mask: its frame counts as one of blocks until more is known.</summary>
    void ReleaseMask(long id);

    /// <summary>Replaces a checkpoint's frame by one against another parent, without prediction.</summary>
    void Rebase(long id, RebasedFrame frame);

    /// <summary>
    /// Moves checkpoints of a task to another task that depends on them, from the branches down to the root of what remains.
    /// </summary>
    /// <returns>The number of moved checkpoints; more may follow.</returns>
    int MoveToBranches(long task);

    /// <summary>Deletes the row of a checkpoint.</summary>
    void Delete(long id);

    /// <summary>Sets a checkpoint's trainer state.</summary>
    void SetTrainerState(long id, long frame, long bytes);

    /// <summary>Pins or unpins a checkpoint.</summary>
    void SetPin(long id, bool pinned);

    /// <summary>Records new values of a checkpoint: their bytes and their reference.</summary>
    void SetValues(long id, long bytes, long? reference, long? depth, CodecEffort effort);

    /// <summary>Reads the situation of a save.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="task">Its row.</param>
    /// <param name="step">The step.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="parent">The row of the parent; <see langword="null"/> for the base.</param>
    /// <param name="reference">The checkpoint that the values are predicted from.</param>
    SaveSituation SituationOf(string name, long task, long step, Digest mask, long? parent, CheckpointRow? reference);
}
