using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Options of a round of folding.</summary>
public sealed record FoldOptions
{
    /// <summary>The task whose checkpoints to fold. Default: all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>
    /// The most bytes of frames that a round reads; at least 1. The first checkpoint is handled regardless of its size, so that every round
    /// makes progress. Default: no limit.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>The longest time in which the round starts new work; positive. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>
    /// The read cost above which a checkpoint is folded, as a multiple of the bytes of the base and its own delta; at least 1. Default: the
    /// limit for saves.
    /// </summary>
    public double? MaxReadCost { get; init; }

    /// <summary>Returns these options, or throws if they are invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public FoldOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxBytes is <= 0 ? throw Refused("maxBytes", $"The limit of {MaxBytes} bytes is not positive.")
            : MaxTime is { Ticks: <= 0 } ? throw Refused("maxTime", $"The time limit {MaxTime} is not positive.")
            : MaxReadCost is { } cost && !(cost >= 1 && double.IsFinite(cost))
            ? throw Refused("maxReadCost", $"The read cost {cost} is less than 1.")
            : this;
    }

    private static FishException Refused(string key, string cause) =>
        new(ErrorCode.RequestInvalid, key, cause,
            "Give positive limits and a cost of at least 1, or omit them.");
}

/// <summary>The result of a round of folding.</summary>
/// <param name="Folded">Checkpoints that were rebased on an earlier state.</param>
/// <param name="Kept">Checkpoints that were kept as they are, because no parent is cheaper or the new delta would be larger than the bytes
/// it frees.</param>
/// <param name="Skipped">Checkpoints that were deleted or changed meanwhile.</param>
/// <param name="Growth">Growth in stored bytes; negative if the store shrank.</param>
/// <param name="ReadBefore">Bytes of frames needed to read the folded checkpoints before the round.</param>
/// <param name="ReadAfter">The same after the round.</param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> if a limit ended the round.</param>
/// <param name="Damaged">Checkpoints that cannot be read; they are unchanged.</param>
public sealed record FoldResult(
    long Folded, long Kept, long Skipped, long Growth, long ReadBefore, long ReadAfter, bool Finished, IReadOnlyList<DamagedFrame> Damaged);
