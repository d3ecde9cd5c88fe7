using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>One of several equal parts of a store. Each stored item is always in the same part.</summary>
/// <param name="Part">The part, starting from 1.</param>
/// <param name="Of">The number of parts, up to 10,000.</param>
public sealed record VerifySubset(int Part, int Of);

/// <summary>Options of a verification.</summary>
public sealed record VerifyOptions
{
    /// <summary>
    /// Whether to check only the structure: the database's own checks, headers, indexes, lengths, sums and names, and the lengths of base
    /// files. Values and positions are not read. Default: no; everything is read, decoded and compared with its checksums and digests.
    /// </summary>
    public bool Quick { get; init; }

    /// <summary>The task whose checkpoints, masks and base to verify. Default: all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>The part of the store to verify. Default: the whole store.</summary>
    public VerifySubset? Subset { get; init; }

    /// <summary>The longest time in which the round starts new work; positive. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>
    /// The most stored bytes that a round reads; at least 1. The first item is read regardless of its size, so that every round makes
    /// progress. Default: no limit.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>Returns these options, or throws if they are invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public VerifyOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxBytes is <= 0 ? throw Refused("maxBytes", $"{MaxBytes} bytes")
            : MaxTime is { Ticks: <= 0 } ? throw Refused("maxTime", $"{MaxTime}")
            : Subset is { Of: < 1 or > 10_000 } or { Part: < 1 } || Subset?.Part > Subset?.Of
            ? throw Refused("subset", $"part {Subset!.Part} of {Subset.Of}")
            : this;
    }

    private static FishException Refused(string key, string given) => new(
        ErrorCode.RequestInvalid, key, $"The limit {given} is invalid.",
        "Give a positive limit, or a part such as 3/7; or omit it.");
}

/// <summary>The result of a verification.</summary>
/// <param name="Quick">Whether only the structure was checked.</param>
/// <param name="Items">The number of checked items: base files, masks, values, trainer states, and the database as one item.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="Finished">Whether everything requested was checked; <see langword="false"/> if a limit ended the round. The next round
/// continues from there.</param>
/// <param name="Checkpoints">The number of checkpoints in the task or the store.</param>
/// <param name="Affected">The number of checkpoints that the damage affects. The others are intact as far as this round has read.</param>
/// <param name="Damaged">The damaged items.</param>
public sealed record VerifyReport(
    bool Quick, long Items, long Bytes, bool Finished, long Checkpoints, long Affected, IReadOnlyList<DamagedItem> Damaged);

/// <summary>A damaged item.</summary>
/// <param name="Key">TASK/STEP, <c>state of TASK/STEP</c>, <c>mask ID</c>, <c>base ID/FILE</c>, or <c>database</c> with a part of
/// it.</param>
/// <param name="Problem">The error, with its code.</param>
/// <param name="Affected">The checkpoints that cannot be read because of it, as TASK/STEP: the first 1,000.</param>
/// <param name="AffectedCount">The number of these checkpoints.</param>
public sealed record DamagedItem(string Key, string Problem, IReadOnlyList<string> Affected, long AffectedCount);

/// <summary>Known damage.</summary>
/// <param name="Key">The damaged item, as in <see cref="DamagedItem.Key"/>.</param>
/// <param name="Problem">The error in the latest verification.</param>
/// <param name="Found">When it was first found.</param>
/// <param name="Seen">When it was last found.</param>
public sealed record KnownDamage(string Key, string Problem, DateTimeOffset Found, DateTimeOffset Seen);

/// <summary>The result of verifying one checkpoint.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="Sound">Whether everything matches what was saved.</param>
/// <param name="BytesRead">Bytes of the base and frames that were read.</param>
/// <param name="Problem">The damage, if any.</param>
public sealed record VerifyResult(string Task, long Step, bool Sound, long BytesRead, string? Problem);
