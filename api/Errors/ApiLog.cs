namespace FishCheckpoint.Api.Errors;

/// <summary>The server's log messages.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Information, "{Operation} was refused: {Code} ({Key}): {Cause}")]
    public static partial void Refused(ILogger logger, string operation, string code, string key, string cause);

    [LoggerMessage(2, LogLevel.Error, "{Operation} failed: {Code}")]
    public static partial void Failed(ILogger logger, string operation, string code, Exception error);

    [LoggerMessage(3, LogLevel.Error, "{Operation} was broken off in the middle of its response: {Code}")]
    public static partial void BrokenOff(ILogger logger, string operation, string code);

    [LoggerMessage(4, LogLevel.Debug, "{Operation} ended because the client went away")]
    public static partial void Disconnected(ILogger logger, string operation);

    [LoggerMessage(5, LogLevel.Information, "The store of {DataFolder} is open")]
    public static partial void Opened(ILogger logger, string dataFolder);

    [LoggerMessage(6, LogLevel.Warning, "The store is not ready")]
    public static partial void NotReady(ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Information, "Recoded {Recoded} frames and kept {Kept}: {BytesBefore} bytes are {BytesAfter} now")]
    public static partial void Recoded(ILogger logger, long recoded, long kept, long bytesBefore, long bytesAfter);

    [LoggerMessage(8, LogLevel.Warning, "{Key} is damaged: {Problem}")]
    public static partial void FoundDamaged(ILogger logger, string key, string problem);

    [LoggerMessage(9, LogLevel.Warning, "A round of {What} was broken off; the next one goes on from there")]
    public static partial void RoundEnded(ILogger logger, string what, Exception error);

    [LoggerMessage(10, LogLevel.Information, "Folded {Folded} checkpoints: reading them takes {ReadAfter} bytes of frames instead of {ReadBefore}; the store grew by {Growth} bytes")]
    public static partial void Folded(ILogger logger, long folded, long readAfter, long readBefore, long growth);
}
