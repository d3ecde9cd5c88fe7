using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client;

/// <summary>How a client connects to its server.</summary>
public sealed record FishClientOptions
{
    /// <summary>The key's token, sent with every request as <c>Authorization: Bearer</c>. Default: none.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// A PEM file of the certificates that the server's is to be signed by, or of the server's own; no others are trusted then. Default:
    /// those that the system trusts.
    /// </summary>
    public string? CertificateAuthorities { get; init; }

    /// <summary>
    /// How long a request waits while no byte moves in either direction: then the server is unavailable (SERVER_UNAVAILABLE), which a
    /// training hook tries again. An upload or download that moves is never ended. Connecting has a limit of its own, of 10 seconds. Work
    /// that the server does before it answers gets more: a verification, a comparison and a delta ten times as long, maintenance without
    /// end; after an upload the answer may take so much longer as the upload took, at most ten times the limit. A stream of events ends
    /// after 60 seconds without its heartbeat. From 1 ms to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>: no limit. Default: 60
    /// seconds.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = DefaultIdleTimeout;

    internal static TimeSpan DefaultIdleTimeout { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</summary>
    public string? SpoolFolder { get; init; }

    /// <summary>
    /// An HTTP client of a server that does as these options say, without a timeout for whole requests. The caller disposes it.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyInvalid"/>: the key is no token; <see cref="ErrorCode.FileNotFound"/>,
    /// <see cref="ErrorCode.RequestInvalid"/>: the certificates cannot be read.</exception>
    public HttpClient CreateHttp(Uri server)
    {
        var authorization = Key is null ? null : Bearer(Key);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = Connection.OpenAsync,
        };
        if (CertificateAuthorities is not null)
        {
            handler.SslOptions.CertificateChainPolicy = PolicyOf(CertificateAuthorities);
        }

        var http = new HttpClient(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = authorization;
        return http;
    }

    /// <summary>These options without the key, so that it gets into no log.</summary>
    public override string ToString() =>
        $"{nameof(FishClientOptions)} {{ Key = {(Key is null ? "none" : "given")}, CertificateAuthorities = {CertificateAuthorities} }}";

    private static AuthenticationHeaderValue Bearer(string key) => key.Length > 0 && key.All(letter => letter is > ' ' and <= '~')
        ? new AuthenticationHeaderValue("Bearer", key)
        : throw new FishException(
            ErrorCode.KeyInvalid, "key", "The key is empty, or holds what no token holds.",
            "Give the token as 'fishckpt key add' has shown it.");

    private static X509ChainPolicy PolicyOf(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (IOException error)
        {
            throw new FishException(ErrorCode.FileNotFound, file, error.Message, "Give a PEM file of certificates.", error);
        }
        catch (System.Security.Cryptography.CryptographicException error)
        {
            throw new FishException(ErrorCode.RequestInvalid, file, error.Message, "Give a PEM file of certificates.", error);
        }

        return policy.CustomTrustStore.Count > 0 ? policy
            : throw new FishException(ErrorCode.RequestInvalid, file, "The file holds no certificate.", "Give a PEM file of certificates.");
    }
}
