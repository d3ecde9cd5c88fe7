using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Lets go what nothing keeps, and gives its bytes back to the disk: what tasks' retention does not keep is deleted; what is left of a deleted checkpoint, because others
/// are laid on it, goes once these are laid anew; unused pages leave the database's file. No checkpoint that stays ever becomes unreadable by it.
/// </summary>
public interface ICheckpointCollector
{
    /// <summary>Runs one round, or, dry, says what one would do.</summary>
    /// <param name="options">What is taken; <see langword="null"/> for everything.</param>
    /// <param name="cancellation">Ends the round; what was done by then stays so, and the next goes on from there.</param>
    /// <returns>What was done, or would be.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>; <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellation = default);
}

/// <summary>What a round takes.</summary>
public sealed record CollectOptions
{
    /// <summary>The task whose retention is applied. Default: all tasks. Space is given back for the whole store.</summary>
    public string? Task { get; init; }

    /// <summary>Says what a round would do, and changes nothing. Default: not so.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// How long a round goes on: nothing is begun after that. More than nothing. Default: no limit. A dry one lists what would go whatever the time; what comes free by laying
    /// others anew is worked out by encoding these, and where the time does not suffice counts as held.
    /// </summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Returns these options, or refuses them.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the time is not positive; <see cref="ErrorCode.NameInvalid"/>.</exception>
    public CollectOptions Checked()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxTime is { Ticks: <= 0 } ? throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"A round cannot be bounded by {MaxTime}.", "Give more than nothing, or leave it out.") : this;
    }
}

/// <summary>What a round did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Deleted">Checkpoints that no retention keeps: how many went.</param>
/// <param name="Checkpoints">The first thousand of them, by task and step.</param>
/// <param name="Relaid">Checkpoints that were laid anew, because what they were laid on or guessed from is deleted.</param>
/// <param name="FreedBytes">Stored bytes that went, less those by which what was laid anew has grown.</param>
/// <param name="HeldBytes">
/// Stored bytes of deleted checkpoints that stay for the sake of others, because laying those anew would take more than it frees, or because the round ended first.
/// </param>
/// <param name="ReturnedBytes">
/// Bytes by which the database's files have shrunk, negative where others wrote more meanwhile; in a dry run, those that its unused pages would give.
/// </param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> where the time ended the round.</param>
/// <param name="Damaged">What could not be laid anew because it, or what it is read with, is damaged; left as it is.</param>
public sealed record CollectResult(
    bool DryRun, long Deleted, IReadOnlyList<CollectedCheckpoint> Checkpoints, long Relaid, long FreedBytes, long HeldBytes, long ReturnedBytes, bool Finished,
    IReadOnlyList<DamagedFrame> Damaged);

/// <summary>A checkpoint that no retention keeps.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Why">Which rules do not keep it.</param>
/// <param name="Bytes">What it takes by itself: values, trainer state, and the mask that it brought.</param>
/// <param name="NeededBy">Checkpoints that are laid on it or guessed from it, as in <c>task/120</c>: these stay readable.</param>
public sealed record CollectedCheckpoint(string Task, long Step, string Why, long Bytes, IReadOnlyList<string> NeededBy);
