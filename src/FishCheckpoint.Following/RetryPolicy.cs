using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following;

/// <summary>What helps against an error while something is followed.</summary>
internal enum RetryPolicy
{
    /// <summary>Nothing: it ends the following.</summary>
    None,

    /// <summary>Trying again after a while.</summary>
    Retry,

    /// <summary>Waiting for something to happen: there is nothing to get yet.</summary>
    Wait,
}

/// <summary>Tells remedies.</summary>
internal static class RetryPolicies
{
    /// <summary>The policy for an error.</summary>
    public static RetryPolicy Of(FishException error) => error.Code switch
    {
        ErrorCode.CheckpointNotFound => RetryPolicy.Wait,
        ErrorCode.ServerUnavailable or ErrorCode.StorageUnavailable or ErrorCode.StoreIncomplete => RetryPolicy.Retry,

        // Mended, or saved over by a later step, while one waits.
        ErrorCode.DigestMismatch or ErrorCode.CheckpointChanged or ErrorCode.CorruptFrame => RetryPolicy.Retry,
        _ => error.Kind is ErrorKind.Busy or ErrorKind.Full or ErrorKind.Corrupt ? RetryPolicy.Retry : RetryPolicy.None,
    };

    /// <summary>An error of the local disk as the one family of errors.</summary>
    /// <param name="error">The error.</param>
    /// <param name="folder">The folder that was written or read.</param>
    public static FishException Translate(Exception error, string folder) => error switch
    {
        FishException fish => fish,
        IOException io when FullDisk.Is(io) => new FishException(
            ErrorCode.InsufficientStorage, folder, $"The disk has no room: {io.Message}",
            "Free some space, or keep fewer older models; nothing there was changed.", io),
        _ =>
            new FishException(ErrorCode.StorageUnavailable, folder, error.Message,
                "Check the folder, its permissions and its disk; nothing there was changed.", error),
    };
}
