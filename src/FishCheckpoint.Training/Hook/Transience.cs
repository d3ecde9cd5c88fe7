using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Whether, and for how long, a failure is retried.</summary>
internal enum Retry
{
    /// <summary>Refused: a retry would fail the same way.</summary>
    Never,

    /// <summary>A failure of the store: retry for <see cref="CheckpointHookOptions.RetryFor"/>.</summary>
    ForAWhile,

    /// <summary>The store was unreachable or busy: retry as long as training runs.</summary>
    UntilItIsBack,
}

/// <summary>Separates temporary failures from refusals.</summary>
internal static class Transience
{
    public static Retry Of(Exception error) => error is not FishException fish ? Retry.Never : fish.Code switch
    {
        ErrorCode.ServerUnavailable when fish.Status is null => Retry.UntilItIsBack,
        ErrorCode.TooManyRequests => Retry.UntilItIsBack,

        // A response without problem details: a failure of a proxy or server may be temporary, a wrong address is not.
        ErrorCode.ServerUnavailable => fish.Status >= 500 ? Retry.ForAWhile : Retry.Never,

        // A full or failing disk; a body that a proxy cut short.
        ErrorCode.StorageUnavailable or ErrorCode.InsufficientStorage or ErrorCode.BodyTruncated or ErrorCode.DigestMismatch =>
            Retry.ForAWhile,
        _ => Retry.Never,
    };
}
