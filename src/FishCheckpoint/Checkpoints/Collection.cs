using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What a round takes.</summary>
public sealed record CollectOptions
{
    /// <summary>The task whose retention is applied. Default: all tasks. Space is given back for the whole store.</summary>
    public string? Task { get; init; }

    /// <summary>Says what a round would do, and changes nothing. Default: not so.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Whether the grace of everything deleted ends at once, that of what this round deletes included: nothing of it can be brought back.
    /// Of a <see cref="Task"/> alone where one is named. Default: no.
    /// </summary>
    public bool Now { get; init; }

    /// <summary>
    /// How long a round goes on: nothing is begun after that. More than nothing. Default: no limit. A dry one lists what would go whatever
    /// the time; what comes free by laying others anew is worked out by encoding these, and where the time does not suffice counts as held.
    /// </summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Returns these options, or refuses them.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the time is not positive;
    /// <see cref="ErrorCode.NameInvalid"/>.</exception>
    public CollectOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxTime is { Ticks: <= 0 } ? throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"A round cannot be bounded by {MaxTime}.", "Give more than nothing, or leave it out.")
                : this;
    }
}

/// <summary>What a round did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Deleted">Checkpoints that no retention keeps: how many went.</param>
/// <param name="Checkpoints">The first thousand of them, by task and step.</param>
/// <param name="Relaid">Checkpoints that were laid anew, because what they were laid on or guessed from is deleted.</param>
/// <param name="FreedBytes">Stored bytes that went, less those by which what was laid anew has grown.</param>
/// <param name="HeldBytes">
/// Stored bytes of deleted checkpoints that stay for the sake of others, because laying those anew would take more than it frees, or
/// because the round ended first.
/// </param>
/// <param name="ReturnedBytes">
/// Bytes by which the database's files have shrunk, negative where others wrote more meanwhile; in a dry run, those that its unused pages
/// would give.
/// </param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> where the time ended the round.</param>
/// <param name="Damaged">What could not be laid anew because it, or what it is read with, is damaged; left as it is.</param>
/// <param name="Purged">Deleted checkpoints that can no longer be brought back: how many went.</param>
/// <param name="Grace">Deleted checkpoints that still can.</param>
/// <param name="UnusedBases">Bases that no task is on, the largest first, at most a thousand: a round leaves them, whoever wants them gone
/// removes them.</param>
public sealed record CollectResult(
    bool DryRun, long Deleted, IReadOnlyList<CollectedCheckpoint> Checkpoints, long Relaid, long FreedBytes, long HeldBytes,
    long ReturnedBytes, bool Finished,
    IReadOnlyList<DamagedFrame> Damaged, long Purged, GraceUse Grace, IReadOnlyList<UnusedBase> UnusedBases);

/// <summary>A base that no task is on.</summary>
/// <param name="Name">One of its names.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Bytes">Bytes of its files.</param>
public sealed record UnusedBase(string Name, Digest Id, long Bytes);

/// <summary>Deleted checkpoints that can be brought back until their grace is over, deleted tasks' included.</summary>
/// <param name="Checkpoints">How many they are.</param>
/// <param name="Bytes">What they take in the store.</param>
/// <param name="Next">When the first of them goes; <see langword="null"/> without any, and where it is not looked up: in the report of a
/// base.</param>
public sealed record GraceUse(long Checkpoints, long Bytes, DateTimeOffset? Next);

/// <summary>A checkpoint that no retention keeps.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Why">Which rules do not keep it.</param>
/// <param name="Bytes">What it takes by itself: values, trainer state, and the mask that it brought.</param>
/// <param name="NeededBy">Checkpoints that are laid on it or guessed from it, as in <c>task/120</c>: these stay readable.</param>
public sealed record CollectedCheckpoint(string Task, long Step, string Why, long Bytes, IReadOnlyList<string> NeededBy);
