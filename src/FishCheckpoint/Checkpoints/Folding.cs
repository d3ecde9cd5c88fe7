using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What a round of folding takes.</summary>
public sealed record FoldOptions
{
    /// <summary>The task whose checkpoints are taken. Default: those of all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>
    /// The most bytes of frames that a round reads, as their rows tell before it; at least 1. The first checkpoint is taken whatever its
    /// size, so that every round gets on. Default: no limit.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>How long a round goes on: no checkpoint is begun after that. More than nothing. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>
    /// What a checkpoint may cost to read before it is taken, in bytes: so many times the base and its own delta; at least 1. Default: what
    /// saves are held to.
    /// </summary>
    public double? MaxReadCost { get; init; }

    /// <summary>Returns these options, or refuses them.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public FoldOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxBytes is <= 0 ? throw Refused("maxBytes", $"A round of folding cannot be bounded by {MaxBytes} bytes.")
            : MaxTime is { Ticks: <= 0 } ? throw Refused("maxTime", $"A round of folding cannot be bounded by {MaxTime}.")
            : MaxReadCost is { } cost && !(cost >= 1 && double.IsFinite(cost))
            ? throw Refused("maxReadCost", $"A read cannot cost {cost} times that of the base and one delta.")
            : this;
    }

    private static FishException Refused(string key, string cause) =>
        new(ErrorCode.RequestInvalid, key, cause,
            "Give bytes and a time that are more than nothing and a cost of at least 1, or leave them out.");
}

/// <summary>What a round of folding did.</summary>
/// <param name="Folded">Checkpoints that lie on an earlier state now.</param>
/// <param name="Kept">Checkpoints that stay where they are: there is no place that is cheaper, or what it takes is more than what
/// goes.</param>
/// <param name="Skipped">Checkpoints that were deleted or changed meanwhile.</param>
/// <param name="Growth">Stored bytes that came of it, those that went aside; negative where the store has become smaller.</param>
/// <param name="ReadBefore">Bytes of frames that reading the folded checkpoints took.</param>
/// <param name="ReadAfter">The same, now.</param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> where a budget ended the round.</param>
/// <param name="Damaged">Checkpoints that cannot be read; left as they are.</param>
public sealed record FoldResult(
    long Folded, long Kept, long Skipped, long Growth, long ReadBefore, long ReadAfter, bool Finished, IReadOnlyList<DamagedFrame> Damaged);
