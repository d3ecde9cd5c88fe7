namespace FishCheckpoint.Api.Telemetry;

/// <summary>The server's log messages.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Information, "{Operation} was refused: {Code} ({Key}): {Cause}")]
    public static partial void Refused(ILogger logger, string operation, string code, string key, string cause);

    [LoggerMessage(2, LogLevel.Error, "{Operation} failed: {Code}")]
    public static partial void Failed(ILogger logger, string operation, string code, Exception error);

    [LoggerMessage(3, LogLevel.Error, "{Operation} was aborted during its response: {Code}")]
    public static partial void BrokenOff(ILogger logger, string operation, string code);

    [LoggerMessage(4, LogLevel.Debug, "{Operation} ended because the client disconnected")]
    public static partial void Disconnected(ILogger logger, string operation);

    [LoggerMessage(
        23, LogLevel.Warning,
        "MaxConnections is lowered from {Wanted} to {Most}: this process may open {Left} more files, and requests need half of them. "
        + "Raise the limit with 'ulimit -n' or LimitNOFILE of systemd")]
    public static partial void ConnectionsLowered(ILogger logger, int wanted, int most, int left);

    [LoggerMessage(6, LogLevel.Warning, "The store is not ready")]
    public static partial void NotReady(ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Information, "Recoded {Recoded} frames and kept {Kept}: {BytesBefore} bytes became {BytesAfter}")]
    public static partial void Recoded(ILogger logger, long recoded, long kept, long bytesBefore, long bytesAfter);

    [LoggerMessage(
        14, LogLevel.Information,
        "Deleted {Deleted} checkpoints that no retention rule keeps and rebased {Rebased}: {Freed} bytes freed, {Returned} of them "
        + "returned to the file system")]
    public static partial void Collected(ILogger logger, long deleted, long rebased, long freed, long returned);

    [LoggerMessage(8, LogLevel.Warning, "{Key} is damaged: {Problem}")]
    public static partial void FoundDamaged(ILogger logger, string key, string problem);

    [LoggerMessage(9, LogLevel.Warning, "A round of {What} stopped early; the next one continues from there")]
    public static partial void RoundEnded(ILogger logger, string what, Exception error);

    [LoggerMessage(
        15, LogLevel.Information,
        "Folded {Folded} checkpoints: reading them needs {ReadAfter} bytes of frames instead of {ReadBefore}; the store grew by {Growth} "
        + "bytes")]
    public static partial void Folded(ILogger logger, long folded, long readAfter, long readBefore, long growth);

    [LoggerMessage(10, LogLevel.Information, "Stopping: running requests have {Timeout}, and listening ends in {Delay}")]
    public static partial void Stopping(ILogger logger, TimeSpan delay, TimeSpan timeout);

    [LoggerMessage(11, LogLevel.Information, "Saved {Task}/{Step} on {Parent}: {Changed} values, {StoredBytes} of {LogicalBytes} bytes")]
    public static partial void Saved(
        ILogger logger, string task, long step, string parent, long changed, long storedBytes, long logicalBytes);

    [LoggerMessage(13, LogLevel.Error, "Stored bytes are damaged: {Code} ({Key}): {Cause}")]
    public static partial void Damaged(ILogger logger, string code, string key, string cause);

    [LoggerMessage(20, LogLevel.Information, "Verified {Items} items, {Bytes} bytes: {Damaged} are damaged")]
    public static partial void Verified(ILogger logger, long items, long bytes, int damaged);

    [LoggerMessage(21, LogLevel.Error, "{Key} is damaged, which affects {Affected} checkpoints: {Problem}")]
    public static partial void FoundDamage(ILogger logger, string key, long affected, string problem);
}
