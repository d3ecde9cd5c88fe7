using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// Work on a store as a whole, in rounds that options bound by time and bytes. Contents, identities and ETags of checkpoints that stay are
/// what they were, and
/// whoever reads meanwhile is not disturbed. Safe for use by many callers at once.
/// </summary>
public interface IMaintenance
{
    /// <summary>
    /// Keeps chains short: rebases checkpoints that cost too much to read on an earlier state, and those whose parent is deleted on what
    /// that one is based on.
    /// Takes the checkpoints of each task, the oldest first. Each is read with its checksums, encoded against the state from which it is
    /// cheapest to go on,
    /// read back and compared bit by bit, and put in place in a transaction of its own.
    /// </summary>
    /// <param name="options">What is taken, and how much of it; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Ends the round; what was folded by then stays so.</param>
    /// <returns>What was done. Checkpoints that cannot be read are named and left as they are, and tried again by the next round.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive, or a cost is
    /// below 1; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full, or cannot be written; what was not folded by then is as it
    /// was.</exception>
    Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes frames smaller that were written with another effort than <see cref="CodecEffort.Small"/>, so that saving need not wait for
    /// it: masks, then the
    /// values of checkpoints, the oldest first. Each is read with all its checksums and digests and encoded again, read back, and put in
    /// the old one's place
    /// if it is smaller, in a transaction of its own. A frame is tried once.
    /// </summary>
    /// <param name="options">What is taken, and how much of it; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Ends the round; what was replaced by then stays so.</param>
    /// <returns>What was done. Frames that cannot be read are named and left as they are, and tried again by the next round.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive;
    /// <see cref="ErrorCode.StorageUnavailable"/>: the disk is full, or cannot be written; what was not replaced by then is as it
    /// was.</exception>
    Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes checkpoints that no retention rule keeps, rebases what depends on deleted ones, and returns unused pages to the file system.
    /// No checkpoint that
    /// stays ever becomes unreadable by it.
    /// </summary>
    /// <param name="options">What is taken, and whether the round is a dry one; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Ends the round; what was done by then stays so, and the next goes on from there.</param>
    /// <returns>What was done, or would be.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>;
    /// <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads what is stored and compares it with its checksums and digests, beginning with what was not verified for longest. Each stored
    /// thing is read once,
    /// however many checkpoints need it.
    /// </summary>
    /// <param name="options">What is verified, and how much of it; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Ends the round; what was verified by then counts.</param>
    /// <returns>What was found. Damage is an answer here, not an error.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive, or there is no
    /// such subset.</exception>
    Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads everything that a checkpoint is made of and compares it with its digests. Damage is an answer here, not an
    /// error.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<VerifyResult> VerifyCheckpointAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>The damage that verifications have found and none has found gone since.</summary>
    Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a data folder that holds what the store held at one moment, and can be opened as any other; savers and readers go on
    /// meanwhile. Where there is an
    /// earlier backup, files of bases that it has already, whole, are not copied again, and it stays what it was until the new one takes
    /// its place at once.
    /// </summary>
    /// <param name="options">Where it goes: a folder, or of a server the name of one.</param>
    /// <param name="cancellationToken">Ends the copying; a new folder is removed again, an earlier backup stays as it was.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: there is something else, a store that is in use, or, without
    /// <see cref="BackupOptions.Replace"/>, a backup of another store or of more than this one has; <see cref="ErrorCode.BackupBusy"/>:
    /// another backup into the
    /// folder is under way; <see cref="ErrorCode.CorruptStore"/>: the copy is damaged, and was not kept;
    /// <see cref="ErrorCode.StorageUnavailable"/>: the disk is full, or cannot be written.</exception>
    Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default);
}
