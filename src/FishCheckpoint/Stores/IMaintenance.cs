using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// Work on the whole store, in rounds that options bound by time and bytes. Contents, identities and ETags of the remaining checkpoints do
/// not change, and readers are not disturbed. Safe for concurrent use.
/// </summary>
public interface IMaintenance
{
    /// <summary>
    /// Keeps chains short. Rebases checkpoints whose read cost is too high, and checkpoints whose parent is deleted. Handles each task's
    /// checkpoints oldest first. Each is read with its checksums, encoded against the cheapest parent, read back, compared bit by bit, and
    /// replaced in its own transaction.
    /// </summary>
    /// <param name="options">What to fold, and the budget; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Cancels the round; completed folds stay.</param>
    /// <returns>What was done. Unreadable checkpoints are listed, left unchanged, and tried again in the next round.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive, or a cost is below 1; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full or not writable; checkpoints that were
    /// not yet folded are unchanged.</exception>
    Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Shrinks frames that were written with less effort than <see cref="CodecEffort.Small"/>, so that saves stay fast. Handles masks
    /// first, then checkpoint values, oldest first. Each frame is read with its checksums and digests, encoded, read back, and replaced in
    /// its own transaction if the result is smaller. Each frame is tried once.
    /// </summary>
    /// <param name="options">What to recode, and the budget; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Cancels the round; completed replacements stay.</param>
    /// <returns>What was done. Unreadable frames are listed, left unchanged, and tried again in the next round.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full or not writable; frames that were not yet replaced are
    /// unchanged.</exception>
    Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes checkpoints that no retention rule keeps, rebases what depends on deleted ones, and returns unused pages to the file system.
    /// Every remaining checkpoint stays readable.
    /// </summary>
    /// <param name="options">What to collect, and whether this is a dry run; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Cancels the round; completed work stays, and the next round continues from there.</param>
    /// <returns>What was done; for a dry run, what would be done.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>;
    /// <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads stored data and compares it with its checksums and digests, starting with the data that was verified longest ago. Each stored
    /// frame is read once, even if many checkpoints need it.
    /// </summary>
    /// <param name="options">What to verify, and the budget; <see langword="null"/> for everything.</param>
    /// <param name="cancellationToken">Cancels the round; data that was already verified counts.</param>
    /// <returns>What was found. Damage is a result, not an error.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: a budget is not
    /// positive, or the subset does not exist.</exception>
    Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads everything that a checkpoint depends on and compares it with its digests. Damage is a result, not an error.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<VerifyResult> VerifyCheckpointAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>Damage that verifications have found and that is still present.</summary>
    Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Creates a data folder with the store's content at one moment. It can be opened like any other; saves and reads continue meanwhile.
    /// An earlier backup is replaced in one step, and its intact base files are reused.
    /// </summary>
    /// <param name="options">The target: a folder, or on a server the name of one.</param>
    /// <param name="cancellationToken">Cancels the copy; a new folder is removed, and an earlier backup stays unchanged.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder contains something else or a store in use, or,
    /// without <see cref="BackupOptions.Replace"/>, a backup of another store or a backup with more than this store has;
    /// <see cref="ErrorCode.BackupBusy"/>: another backup into the folder is in progress; <see cref="ErrorCode.CorruptStore"/>: the copy
    /// was damaged and is removed; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full or not writable.</exception>
    Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default);
}
