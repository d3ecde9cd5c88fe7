using System.Net.Sockets;
using System.Text;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>HTTP by hand, for what a client library would not send.</summary>
internal static class RawHttp
{
    /// <summary>Begins a request: its head and the beginning of its body. The caller ends it by disposing the connection.</summary>
    public static async Task<TcpClient> BeginAsync(Uri address, string head, string body, CancellationToken cancellation)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, cancellation);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{head}\r\nHost: {address.Authority}\r\n\r\n{body}"), cancellation);
        return socket;
    }

    /// <summary>Sends bytes and gives what comes back until the server closes.</summary>
    public static async Task<string> SendAsync(Uri address, string head, byte[] body, bool finish, CancellationToken cancellation)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, cancellation);
        var stream = socket.GetStream();
        var received = new MemoryStream();
        try
        {
            await SendAsync();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The server refused it before it was sent whole; its answer counts.
        }

        try
        {
            await stream.CopyToAsync(received, cancellation);
        }
        catch (IOException)
        {
            // The server broke the connection off; what came before counts.
        }

        return Encoding.ASCII.GetString(received.ToArray());

        async Task SendAsync()
        {
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes($"{head}\r\nHost: {address.Authority}\r\nConnection: close\r\n\r\n"), cancellation);
            await stream.WriteAsync(body, cancellation);
            if (finish)
            {
                socket.Client.Shutdown(SocketShutdown.Send);
            }
        }
    }
}
