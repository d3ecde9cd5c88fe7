using System.Net.Sockets;

namespace FishCheckpoint.Client.Http;

/// <summary>Opens the connections of a client.</summary>
internal static class Connection
{
    // TCP_NOTSENT_LOWAT of Linux: the system takes no more than so much beyond what is on its way, so that a slow upload is seen to move.
    private const int Tcp = 6;
    private const int UnsentLimit = 25;
    private const int MaxUnsent = 1 << 18;

    /// <summary>Connects, and has the system notice a server that is gone while it is waited for without a limit.</summary>
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
