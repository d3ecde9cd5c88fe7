using FishCheckpoint.Client;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>The options of a client for a server.</summary>
public sealed class FishCheckpointClientOptions
{
    /// <summary>The server's address, such as <c>http://127.0.0.1:5080</c>; http or https. Required.</summary>
    public Uri? Server { get; set; }

    /// <summary>The key's token. Default: none.</summary>
    public string? Key { get; set; }

    /// <summary>A PEM file with the certificates of the server's authorities. Default: the system's trusted certificates.</summary>
    public string? CertificateAuthorities { get; set; }

    /// <summary>How long a request waits while no byte moves; see <see cref="FishClientOptions.IdleTimeout"/>. Default: 60
    /// seconds.</summary>
    public TimeSpan IdleTimeout { get; set; } = new FishClientOptions().IdleTimeout;

    /// <summary>The folder for deltas that are too large for memory. Default: the system's temporary folder.</summary>
    public string? SpoolFolder { get; set; }

    internal FishClient Connect() => FishClient.Connect(Server!, new FishClientOptions
    {
        Key = Key, CertificateAuthorities = CertificateAuthorities, IdleTimeout = IdleTimeout, SpoolFolder = SpoolFolder,
    });
}
