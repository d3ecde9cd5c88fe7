using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Whether, and how long, what failed is tried again.</summary>
internal enum Retry
{
    /// <summary>It was refused: the same again would be too.</summary>
    Never,

    /// <summary>The store failed at it: for <see cref="CheckpointHookOptions.RetryFor"/>.</summary>
    ForAWhile,

    /// <summary>The store was not reached, or is busy: as long as training runs.</summary>
    UntilItIsBack,
}

/// <summary>Tells failures that may pass from refusals.</summary>
internal static class Transience
{
    public static Retry Of(Exception error) => error is not FishException fish ? Retry.Never : fish.Code switch
    {
        ErrorCode.ServerUnavailable when fish.Status is null => Retry.UntilItIsBack,
        ErrorCode.TooManyRequests => Retry.UntilItIsBack,

        // An answer that is no problem of this system: a proxy's or the server's own failure may pass, a wrong address does not.
        ErrorCode.ServerUnavailable => fish.Status >= 500 ? Retry.ForAWhile : Retry.Never,

        // A full or failing disk; a body that a proxy cut short.
        ErrorCode.StorageUnavailable or ErrorCode.InsufficientStorage or ErrorCode.BodyTruncated or ErrorCode.DigestMismatch =>
            Retry.ForAWhile,
        _ => Retry.Never,
    };
}
