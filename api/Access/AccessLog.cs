namespace FishCheckpoint.Api.Access;

/// <summary>What access control says in the log. No message takes a token, a secret or a header.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(20, LogLevel.Warning, "{Refusals} kinds of refusals could not be written into the audit log; they are counted on")]
    public static partial void NotAudited(ILogger logger, int refusals, Exception error);

    [LoggerMessage(21, LogLevel.Warning,
        "Keys and models go unencrypted over {Address}: configure a certificate (Kestrel:Endpoints), or put a proxy with TLS in front")]
    public static partial void Unencrypted(ILogger logger, string address);
}
