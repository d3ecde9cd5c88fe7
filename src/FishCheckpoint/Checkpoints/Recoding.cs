using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>What a round of recoding takes.</summary>
public sealed record RecodeOptions
{
    /// <summary>The task whose checkpoints are taken. Default: those of all tasks.</summary>
    public string? Task { get; init; }

    /// <summary>
    /// The most stored bytes that a round takes, as they are before it; at least 1. The first frame is taken whatever its size, so that
    /// every round gets on. Default: no limit.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>How long a round goes on: no frame is begun after that. More than nothing. Default: no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Returns these options, or refuses them.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a budget is not positive;
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
        ErrorCode.RequestInvalid, key, $"A round of recoding cannot be bounded by {given}.", "Give more than nothing, or leave it out.");
}

/// <summary>What a round of recoding did, in frames: each mask is one, and the values of each checkpoint.</summary>
/// <param name="Recoded">Frames that are smaller now.</param>
/// <param name="Kept">Frames that would not be smaller, and stay as they are.</param>
/// <param name="Skipped">Frames that were deleted or replaced by others meanwhile.</param>
/// <param name="BytesBefore">Stored bytes of the recoded and the kept frames, before.</param>
/// <param name="BytesAfter">The same, after.</param>
/// <param name="Finished">Whether everything was tried; <see langword="false"/> where a budget ended the round.</param>
/// <param name="Damaged">Frames that cannot be read; left as they are.</param>
public sealed record RecodeResult(
    long Recoded, long Kept, long Skipped, long BytesBefore, long BytesAfter, bool Finished, IReadOnlyList<DamagedFrame> Damaged);

/// <summary>A stored frame that cannot be read.</summary>
/// <param name="Key">TASK/STEP, or a mask's identity.</param>
/// <param name="Problem">What is wrong, with its code.</param>
public sealed record DamagedFrame(string Key, string Problem);
