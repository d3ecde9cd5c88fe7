using System.Net.Sockets;

namespace FishCheckpoint.Client.Http;

/// <summary>Opens the connections of a client.</summary>
internal static class Connection
{
    // TCP_NOTSENT_LOWAT on Linux: the kernel buffers at most this many unsent bytes, so that a slow upload shows progress.
    private const int Tcp = 6;
    private const int UnsentLimit = 25;
    private const int MaxUnsent = 1 << 18;

    /// <summary>Connects, with TCP keep-alive so that a wait without a limit notices a dead server.</summary>
    public static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(Tcp, UnsentLimit, BitConverter.GetBytes(MaxUnsent));
            }

            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
