using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>
/// What loopback and the client allow at best: a plain socket that answers every request with the same megabyte of memory, over and over.
/// It reads no file, checks nothing and is no HTTP server.
/// </summary>
internal static class LoopbackLimit
{
    private const int SpanLength = 1 << 20;

    /// <summary>Answers one connection after another until the process is ended.</summary>
    public static void Run(string url, long length)
    {
        var address = new Uri(url);
        using var listener = new TcpListener(IPAddress.Parse(address.Host), address.Port);
        listener.Start();
        var span = new byte[SpanLength];
        while (true)
        {
            using var client = listener.AcceptSocket();
            try
            {
                Answer(client, span, length);
            }
            catch (SocketException)
            {
                // A client that only looked whether someone listens.
            }
        }
    }

    public static async Task<ChildProcess> StartAsync(long length, Uri address)
    {
        var process = ChildProcess.StartSelf("serve-memory", $"{address}", $"{length}");
        await process.WaitForAsync(address);
        return process;
    }

    private static void Answer(Socket client, byte[] span, long length)
    {
        if (client.Receive(new byte[4096]) == 0)
        {
            return;
        }

        client.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
        for (var left = length; left > 0;)
        {
            left -= client.Send(span, 0, (int)Math.Min(span.Length, left), SocketFlags.None);
        }
    }
}
