using System.Text.Json.Serialization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Options of a garbage collection.</summary>
public sealed record CollectOptions
{
    /// <summary>The task whose retention to apply. Default: all tasks. Space is always returned for the whole store.</summary>
    public string? Task { get; init; }

    /// <summary>Whether to report what a round would do without changing anything. Default: no.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Whether to end all grace periods now, including those of checkpoints that this round deletes; they can no longer be restored.
    /// Limited to <see cref="Task"/> if that is set. Default: no.
    /// </summary>
    public bool Now { get; init; }

    /// <summary>
    /// The longest time in which the round starts new work; positive. Default: no limit. A dry run lists all deletions regardless. It
    /// encodes rebased checkpoints to estimate the savings; without time for that, their parents count as tombstones.
    /// </summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Returns these options, or throws if they are invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the time is not positive;
    /// <see cref="ErrorCode.NameInvalid"/>.</exception>
    public CollectOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxTime is { Ticks: <= 0 } ? throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"The time limit {MaxTime} is not positive.", "Give a positive time, or omit it.")
                : this;
    }
}

/// <summary>The result of a garbage collection.</summary>
/// <param name="DryRun">Whether this was a dry run.</param>
/// <param name="Deleted">The number of checkpoints deleted because no retention rule keeps them.</param>
/// <param name="Checkpoints">The first 1000 of them, by task and step.</param>
/// <param name="Rebased">The number of checkpoints that were rebased because their parent or prediction reference is deleted.</param>
/// <param name="FreedBytes">Stored bytes freed, minus the growth of rebased checkpoints.</param>
/// <param name="TombstoneBytes">Stored bytes of deleted checkpoints that remain because others depend on them: rebasing those would use
/// more space, or the round ended first.</param>
/// <param name="ReturnedBytes">Bytes by which the database files shrank, negative if other writes were larger; in a dry run, the bytes of
/// unused pages.</param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> if the time limit ended the round.</param>
/// <param name="Damaged">Checkpoints that could not be rebased because of damage; they are unchanged.</param>
/// <param name="Purged">The number of deleted checkpoints that can no longer be restored.</param>
/// <param name="Grace">Deleted checkpoints that can still be restored.</param>
/// <param name="UnusedBases">Bases without tasks, largest first, at most 1000. A collection keeps them; remove them explicitly.</param>
public sealed record CollectResult(
    bool DryRun, long Deleted, IReadOnlyList<CollectedCheckpoint> Checkpoints, [property: JsonPropertyName("relaid")] long Rebased,
    long FreedBytes, [property: JsonPropertyName("heldBytes")] long TombstoneBytes,
    long ReturnedBytes, bool Finished,
    IReadOnlyList<DamagedFrame> Damaged, long Purged, GraceUse Grace, IReadOnlyList<UnusedBase> UnusedBases);

/// <summary>A base without tasks.</summary>
/// <param name="Name">One of its names.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Bytes">Bytes of its files.</param>
public sealed record UnusedBase(string Name, Digest Id, long Bytes);

/// <summary>Deleted checkpoints in their grace period, including those of deleted tasks.</summary>
/// <param name="Checkpoints">The number of checkpoints.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="Next">When the first grace period ends; <see langword="null"/> if there are none, and in the report of a base.</param>
public sealed record GraceUse(long Checkpoints, long Bytes, DateTimeOffset? Next);

/// <summary>A checkpoint that no retention rule keeps.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="Why">The rules that do not keep it.</param>
/// <param name="Bytes">Its own stored bytes: values, trainer state, and its mask if no earlier checkpoint has it.</param>
/// <param name="NeededBy">Checkpoints that are based on it or predicted from it, as in <c>task/120</c>; they stay readable.</param>
public sealed record CollectedCheckpoint(string Task, long Step, string Why, long Bytes, IReadOnlyList<string> NeededBy);
