using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>One of several parts of a store that together are all of it; a thing is always in the same part.</summary>
/// <param name="Part">The part, from 1.</param>
/// <param name="Of">How many parts there are, up to 10,000.</param>
public sealed record VerifySubset(int Part, int Of);

/// <summary>What a verification reads.</summary>
public sealed record VerifyOptions
{
    /// <summary>
    /// Whether only the structure is checked: the database's own checks, heads, indices, lengths, sums and names; none of the values and
    /// positions are read, and of a base's files only their lengths. Default: no; everything is read, decoded and compared with its
    /// checksums and digests.
    /// </summary>
    public bool Quick { get; init; }

    /// <summary>The task whose checkpoints, masks and base are verified. Default: those of all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>The part of the store that is verified. Default: all of it.</summary>
    public VerifySubset? Subset { get; init; }

    /// <summary>How long a round goes on: nothing is begun after that. More than nothing. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>The most stored bytes that a round reads; at least 1. The first thing is read whatever its size, so that every round gets
    /// on. Default: no limit.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Returns these options, or refuses them.</summary>
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
            ? throw Refused("subset", $"the part {Subset!.Part} of {Subset.Of}")
            : this;
    }

    private static FishException Refused(string key, string given) => new(
        ErrorCode.RequestInvalid, key, $"A verification cannot be bounded by {given}.",
        "Give more than nothing, and a part as in 3/7; or leave it out.");
}

/// <summary>What a verification found.</summary>
/// <param name="Quick">Whether only the structure was checked.</param>
/// <param name="Items">Stored things that were checked: files of bases, masks, values, trainer states, and the database as one.</param>
/// <param name="Bytes">Stored bytes of them.</param>
/// <param name="Finished">Whether all that was asked for was checked; <see langword="false"/> where a budget ended the round: the next goes
/// on from there.</param>
/// <param name="Checkpoints">The checkpoints that there are, of the task or of all.</param>
/// <param name="Affected">How many of them the damage that this round found affects. The others are sound as far as this round has
/// read.</param>
/// <param name="Damaged">What is damaged.</param>
public sealed record VerifyReport(
    bool Quick, long Items, long Bytes, bool Finished, long Checkpoints, long Affected, IReadOnlyList<DamagedItem> Damaged);

/// <summary>A stored thing that is damaged.</summary>
/// <param name="Key">TASK/STEP, <c>state of TASK/STEP</c>, <c>mask ID</c>, <c>base ID/FILE</c>, or <c>database</c> and a part of
/// it.</param>
/// <param name="Problem">What is wrong, with its code.</param>
/// <param name="Affected">The checkpoints that cannot be read because of it, as TASK/STEP: the first 1,000.</param>
/// <param name="AffectedCount">How many they are in all.</param>
public sealed record DamagedItem(string Key, string Problem, IReadOnlyList<string> Affected, long AffectedCount);

/// <summary>Damage that is known.</summary>
/// <param name="Key">What is damaged, as <see cref="DamagedItem.Key"/> says it.</param>
/// <param name="Problem">What was wrong when it was last verified.</param>
/// <param name="Found">When that was first found.</param>
/// <param name="Seen">When it was last found.</param>
public sealed record KnownDamage(string Key, string Problem, DateTimeOffset Found, DateTimeOffset Seen);

/// <summary>What the verification of one checkpoint found.</summary>
/// <param name="Task">The task.</param>
/// <param name="Step">The step.</param>
/// <param name="Sound">Whether everything is as it was saved.</param>
/// <param name="BytesRead">Bytes of base and frames that were read.</param>
/// <param name="Problem">What is damaged, when not sound.</param>
public sealed record VerifyResult(string Task, long Step, bool Sound, long BytesRead, string? Problem);
