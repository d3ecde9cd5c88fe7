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
}
