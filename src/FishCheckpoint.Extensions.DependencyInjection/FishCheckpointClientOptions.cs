using FishCheckpoint.Client;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>The server of a program that embeds no store.</summary>
public sealed class FishCheckpointClientOptions
{
    /// <summary>The server's address, as in <c>http://127.0.0.1:5080</c>; http or https. Default: none, which is refused.</summary>
    public Uri? Server { get; set; }

    /// <summary>The key's token. Default: none.</summary>
    public string? Key { get; set; }

    /// <summary>A PEM file of the certificates that the server's is to be signed by. Default: those that the system trusts.</summary>
    public string? CertificateAuthorities { get; set; }

    /// <summary>How long a request waits while no byte moves; see <see cref="FishClientOptions.IdleTimeout"/>. Default: 60
    /// seconds.</summary>
    public TimeSpan IdleTimeout { get; set; } = new FishClientOptions().IdleTimeout;

    /// <summary>Where deltas that outgrow memory lie meanwhile. Default: the system's temporary folder.</summary>
    public string? SpoolFolder { get; set; }

    internal FishClient Connect() => FishClient.Connect(Server!, new FishClientOptions
    {
        Key = Key, CertificateAuthorities = CertificateAuthorities, IdleTimeout = IdleTimeout, SpoolFolder = SpoolFolder,
    });
}
