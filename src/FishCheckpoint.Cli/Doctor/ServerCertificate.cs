using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Reads the certificate of a server, trusted or not, without sending a request.</summary>
internal static class ServerCertificate
{
    /// <summary>The end of its validity; <see langword="null"/> if the server shows no certificate.</summary>
    public static async Task<DateTimeOffset?> EndAsync(Uri server, CancellationToken cancellation)
    {
        DateTimeOffset? end = null;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port, cancellation);
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false);
        try
        {
            // The requests check trust. Here the certificate is only read, and the connection ends.
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = server.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    end = certificate is X509Certificate2 known
                        ? new DateTimeOffset(known.NotAfter.ToUniversalTime(), TimeSpan.Zero) : null;
                    return false;
                },
            };
            await stream.AuthenticateAsClientAsync(options, cancellation);
        }
        catch (System.Security.Authentication.AuthenticationException)
        {
            // Expected: the callback refuses every certificate.
        }

        return end;
    }
}
