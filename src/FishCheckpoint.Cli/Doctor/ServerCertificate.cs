using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Looks at a server's certificate, whether it is trusted or not; nothing is sent to the server.</summary>
internal static class ServerCertificate
{
    /// <summary>The last moment that it counts; <see langword="null"/> where there is none to see.</summary>
    public static async Task<DateTimeOffset?> EndAsync(Uri server, CancellationToken cancellation)
    {
        DateTimeOffset? end = null;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port, cancellation);
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false);
        try
        {
            // Whether it is trusted is for the requests to find out: here it is only read, and the connection ended.
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
            // As said to.
        }

        return end;
    }
}
