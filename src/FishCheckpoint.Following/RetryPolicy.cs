using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following;

/// <summary>How to continue after an error while following.</summary>
internal enum RetryPolicy
{
    /// <summary>Stop: a retry cannot fix it.</summary>
    None,

    /// <summary>Retry after a delay.</summary>
    Retry,

    /// <summary>Wait for an event: there is no checkpoint yet.</summary>
    Wait,
}

/// <summary>Maps errors to retry policies.</summary>
internal static class RetryPolicies
{
    /// <summary>The policy for an error.</summary>
    public static RetryPolicy Of(FishException error) => error.Code switch
    {
        ErrorCode.CheckpointNotFound => RetryPolicy.Wait,
        ErrorCode.ServerUnavailable or ErrorCode.StorageUnavailable or ErrorCode.StoreIncomplete => RetryPolicy.Retry,

        // A repair or a later save may fix it.
        ErrorCode.DigestMismatch or ErrorCode.CheckpointChanged or ErrorCode.CorruptFrame => RetryPolicy.Retry,
        _ => error.Kind is ErrorKind.Busy or ErrorKind.Full or ErrorKind.Corrupt ? RetryPolicy.Retry : RetryPolicy.None,
    };

    /// <summary>An error of the local disk as a <see cref="FishException"/>.</summary>
    /// <param name="error">The error.</param>
    /// <param name="folder">The folder that was read or written.</param>
    public static FishException Translate(Exception error, string folder) => error switch
    {
        FishException fish => fish,
        IOException io when FullDisk.Is(io) => new FishException(
            ErrorCode.InsufficientStorage, folder, $"The disk has no room: {io.Message}",
            "Free some space, or keep fewer older models; nothing in it was changed.", io),
        _ =>
            new FishException(ErrorCode.StorageUnavailable, folder, error.Message,
                "Check the folder, its permissions and its disk; nothing in it was changed.", error),
    };
}
