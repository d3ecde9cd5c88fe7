using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Options of a round of recoding.</summary>
public sealed record RecodeOptions
{
    /// <summary>The task whose checkpoints to recode. Default: all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>
    /// The most stored bytes that a round handles, counted before recoding; at least 1. The first frame is handled regardless of its size,
    /// so that every round makes progress. Default: no limit.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>The longest time in which the round starts new work; positive. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Returns these options, or throws if they are invalid.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a limit is not positive;
    /// <see cref="ErrorCode.NameInvalid"/>.</exception>
    public RecodeOptions Validate()
    {
        if (Task is not null)
        {
            Names.Check(Task, "task");
        }

        return MaxBytes is <= 0 ? throw NotPositive("maxBytes", $"{MaxBytes} bytes")
            : MaxTime is { Ticks: <= 0 } ? throw NotPositive("maxTime", $"{MaxTime}") : this;
    }

    private static FishException NotPositive(string key, string given) => new(
        ErrorCode.RequestInvalid, key, $"The limit {given} is not positive.", "Give a positive limit, or omit it.");
}

/// <summary>The result of a round of recoding, in frames: one per mask, and one per checkpoint for its values.</summary>
/// <param name="Recoded">Frames that are now smaller.</param>
/// <param name="Kept">Frames that were kept because recoding does not shrink them.</param>
/// <param name="Skipped">Frames that were deleted or replaced meanwhile.</param>
/// <param name="BytesBefore">Stored bytes of the recoded and kept frames before the round.</param>
/// <param name="BytesAfter">The same after the round.</param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> if a limit ended the round.</param>
/// <param name="Damaged">Frames that cannot be read; they are unchanged.</param>
public sealed record RecodeResult(
    long Recoded, long Kept, long Skipped, long BytesBefore, long BytesAfter, bool Finished, IReadOnlyList<DamagedFrame> Damaged);

/// <summary>A stored frame that cannot be read.</summary>
/// <param name="Key">TASK/STEP, or a mask's identity.</param>
/// <param name="Problem">The error, with its code.</param>
public sealed record DamagedFrame(string Key, string Problem);
