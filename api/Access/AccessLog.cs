namespace FishCheckpoint.Api.Access;

/// <summary>Log messages of access control. None contains a token, a secret or a header.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(23, LogLevel.Warning, "{Refusals} kinds of refusals could not be written to the audit log; counting continues")]
    public static partial void NotAudited(ILogger logger, int refusals, Exception error);

    [LoggerMessage(24, LogLevel.Warning,
        "Keys and models are sent unencrypted over {Address}: configure a certificate (Kestrel:Endpoints), or use a proxy with TLS")]
    public static partial void Unencrypted(ILogger logger, string address);
}
