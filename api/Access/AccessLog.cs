namespace FishCheckpoint.Api.Access;

/// <summary>The log messages of access control. No message has a token, a secret or a header.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(20, LogLevel.Warning, "{Refusals} kinds of refusals could not be written to the audit log; the next try includes them")]
    public static partial void NotAudited(ILogger logger, int refusals, Exception error);

    [LoggerMessage(21, LogLevel.Warning,
        "Keys and models are sent unencrypted over {Address}: configure a certificate (Kestrel:Endpoints), or use a TLS proxy")]
    public static partial void Unencrypted(ILogger logger, string address);
}
