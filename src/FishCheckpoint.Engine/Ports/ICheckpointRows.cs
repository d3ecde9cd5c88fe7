using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about checkpoints, their chains and references.</summary>
internal interface ICheckpointRows
{
    /// <summary>The checkpoint of a task's last step.</summary>
    CheckpointRow? Latest(long task);

    /// <summary>The checkpoint that has a tag.</summary>
    CheckpointRow? Tagged(long task, string tag);

    /// <summary>The checkpoint with the least, or the greatest, value of a metric; of several the last.</summary>
    CheckpointRow? Best(long task, string metric, bool greatest);

    /// <summary>The checkpoint of a step.</summary>
    CheckpointRow? AtStep(long task, long step);

    /// <summary>The last checkpoint before a step.</summary>
    CheckpointRow? Before(long task, long step);

    /// <summary>A pinned checkpoint of a task, if it has any.</summary>
    CheckpointRow? Pinned(long task);

    /// <summary>A page of a task's checkpoints, with their tags.</summary>
    Page<CheckpointInfo> List(long task, string name, PageRequest page);

    /// <summary>The chain of a checkpoint, nearest to the base first.</summary>
    IReadOnlyList<CheckpointRow> Chain(CheckpointRow checkpoint);

    /// <summary>
    /// The chain of a checkpoint, nearest to the base first: of each, the checkpoints that its values are predicted from, the first first,
    /// and itself.
    /// </summary>
    IReadOnlyList<IReadOnlyList<CheckpointRow>> ChainWithEarlier(CheckpointRow checkpoint);

    /// <summary>The checkpoints that the values of one are predicted from, the first first, and itself.</summary>
    IReadOnlyList<CheckpointRow> References(CheckpointRow checkpoint);

    /// <summary>
    /// The last checkpoint before a step with a mask whose values others can be predicted from, after those that it is predicted from
    /// itself; none where there is no such checkpoint.
    /// </summary>
    IReadOnlyList<CheckpointRow> Predictable(long task, long step, Digest mask);

    /// <summary>
    /// The checkpoint that the values of one are predicted from, hidden or not, after those that it is predicted from itself.
    /// </summary>
    IReadOnlyList<CheckpointRow> ReferenceOf(CheckpointRow checkpoint);

    /// <summary>The checkpoints whose values are predicted from those of one, hidden or not.</summary>
    IReadOnlyList<CheckpointRow> PredictedFrom(long checkpoint);

    /// <summary>The checkpoint of a row, hidden or not.</summary>
    CheckpointRow? Row(long id);

    /// <summary>How many visible checkpoints a task, or the store, has.</summary>
    long Count(long? task);

    /// <summary>What a checkpoint is called in findings.</summary>
    string? KeyOf(long id);

    /// <summary>The frame of a checkpoint's trainer state.</summary>
    long TrainerFrameOf(long id);

    /// <summary>The length of a checkpoint's chain, and its state.</summary>
    Tuple<int, Digest>? DepthAndState(long id);

    /// <summary>The last of the checkpoints whose values are predicted from those of one.</summary>
    long? LastPredictedFrom(long id);

    /// <summary>How many checkpoints' values are predicted from those of one.</summary>
    long CountPredictedFrom(long id);

    /// <summary>The head of a checkpoint's frame, where it is still that of a row: its number may be another's by now.</summary>
    byte[]? HeadOf(CheckpointRow row);

    /// <summary>As above, where the parent and the form of the frame are those of the row too.</summary>
    byte[]? HeadOnParent(CheckpointRow row);

    /// <summary>Bytes of a checkpoint's values.</summary>
    long ValueBytesOf(long id);

    /// <summary>Whether a checkpoint is deleted.</summary>
    bool IsDeleted(long id);

    /// <summary>Bytes that some checkpoints account for.</summary>
    long BytesOf(IEnumerable<long> ids);

    /// <summary>Bytes that the checkpoints of some of a task's steps account for.</summary>
    long BytesOfSteps(long task, IEnumerable<long> steps);

    /// <summary>What the retention of a task decides by.</summary>
    List<RetentionCandidate> RetentionCandidates(long task, string? monitor);

    /// <summary>The step that a task's latest checkpoint is based on, where it is one of the task's own.</summary>
    long? ParentStepOfLatest(long task);

    /// <summary>
    /// A deleted checkpoint past its grace that no other checkpoint is based on or predicted from, and no task starts from.
    /// </summary>
    CheckpointRow? Unneeded(long id);

    /// <summary>Whether a checkpoint that others are predicted from still holds the same values in the same way.</summary>
    bool IsAsItWas(CheckpointRow row);

    /// <summary>How many a checkpoint is predicted from in turn.</summary>
    long? ReferenceDepthOf(long? id);
}

/// <summary>Changes checkpoints, their chains and references.</summary>
internal interface ICheckpointChanges : ICheckpointRows
{
    /// <summary>A checkpoint's own frame has so many bytes more now: whoever reads it reads those.</summary>
    void ChainGrew(long checkpoint, long bytes);

    /// <summary>A checkpoint, and so all that is based on it, is read with so many bytes and deltas more now.</summary>
    void ShiftChains(long checkpoint, long bytes, int deltas);

    /// <summary>Stores the row of a new checkpoint.</summary>
    /// <returns>Its id.</returns>
    long Insert(NewCheckpoint made);

    /// <summary>A checkpoint's frame has so many more bytes of values and of positions.</summary>
    void FrameGrew(long id, long values, long positions);

    /// <summary>Notes the effort that a checkpoint's frame was encoded with.</summary>
    void SetEffort(long id, CodecEffort effort);

    /// <summary>A checkpoint's values have so many more bytes, and are predicted from those of another one, or of none.</summary>
    void SetReference(long id, long growth, long? reference, CodecEffort effort);

    /// <summary>A checkpoint, and all that is predicted from it in turn, reads one frame of so many bytes less.</summary>
    void ShortenReferences(long first, long bytes);

    /// <summary>A checkpoint accounts for no mask: its frame is one of blocks until more is known of it.</summary>
    void ReleaseMask(long id);

    /// <summary>A checkpoint's frame is another one, against another parent, and its values are predicted from none.</summary>
    void Rebase(long id, RebasedFrame frame);

    /// <summary>
    /// Gives checkpoints of a task to another one whose checkpoints are based on them or predicted from them, or that starts from them:
    /// from the branches down to the root of what is left.
    /// </summary>
    /// <returns>How many were given away; others may follow them.</returns>
    int HandToBranches(long task);

    /// <summary>Deletes the row of a checkpoint.</summary>
    void Delete(long id);

    /// <summary>Gives a checkpoint the frame of its trainer state, with its bytes.</summary>
    void SetState(long id, long frame, long bytes);

    /// <summary>Pins a checkpoint, or no longer.</summary>
    void SetPin(long id, bool pinned);

    /// <summary>A checkpoint's values were written anew: so many bytes, predicted from another one or from none.</summary>
    void SetValues(long id, long bytes, long? reference, long? depth, CodecEffort effort);

    /// <summary>Finds it.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="task">Its row.</param>
    /// <param name="step">The step.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="parent">The row of the parent; <see langword="null"/>: the base.</param>
    /// <param name="reference">What the values are predicted from.</param>
    SaveSituation SituationOf(string name, long task, long step, Digest mask, long? parent, CheckpointRow? reference);
}
