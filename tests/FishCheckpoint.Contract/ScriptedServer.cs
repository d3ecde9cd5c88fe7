using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FishCheckpoint.Contract;

/// <summary>
/// A server on loopback that treats each connection as a test says: it may accept and say nothing, stall, or pass bytes on until the test
/// stops it.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly ConcurrentBag<Task> connections = [];
    private readonly Task accepting;

    /// <param name="serve">Treats a connection; it is closed at the end.</param>
    public ScriptedServer(Func<NetworkStream, CancellationToken, Task> serve)
    {
        listener.Start();
        accepting = AcceptAsync(serve);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>Reads everything and never answers.</summary>
    public static Func<NetworkStream, CancellationToken, Task> Silent => async (stream, stop) =>
    {
        var buffer = new byte[1 << 16];
        while (await stream.ReadAsync(buffer, stop) > 0)
        {
        }
    };

    /// <summary>Passes bytes on to another server, both ways, as long as the gate is open; behind a closed gate they wait.</summary>
    /// <param name="server">The other server.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="answered">Called with the number of bytes that come from that server, each time, before they are passed on.</param>
    public static Func<NetworkStream, CancellationToken, Task> PassTo(
        Uri server, Gate gate, Action<int>? answered = null) => async (stream, stop) =>
    {
        using var target = new TcpClient { NoDelay = true };
        await target.ConnectAsync(server.Host, server.Port, stop);
        await Task.WhenAny(
            PumpAsync(stream, target.GetStream(), gate, null, stop), PumpAsync(target.GetStream(), stream, gate, answered, stop));
    };

    /// <summary>Reads a request's head.</summary>
    public static async Task<string> ReadHeadAsync(Stream stream, CancellationToken stop)
    {
        var head = new StringBuilder();
        var letter = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(letter, stop) > 0)
        {
            head.Append((char)letter[0]);
        }

        return head.ToString();
    }

    /// <summary>Sends text.</summary>
    public static ValueTask SendAsync(Stream stream, string text, CancellationToken stop) =>
        stream.WriteAsync(Encoding.ASCII.GetBytes(text), stop);

    public async ValueTask DisposeAsync()
    {
        // Stopped last: a listener that is stopped between two connections takes the next call as a mistake.
        await end.CancelAsync();
        await accepting;
        listener.Stop();
        await Task.WhenAll(connections);
        end.Dispose();
    }

    private static async Task PumpAsync(NetworkStream source, NetworkStream target, Gate gate, Action<int>? read, CancellationToken stop)
    {
        var buffer = new byte[1 << 16];
        while (await source.ReadAsync(buffer, stop) is var bytes and > 0)
        {
            read?.Invoke(bytes);
            await gate.Open.WaitAsync(stop);
            await target.WriteAsync(buffer.AsMemory(0, bytes), stop);
        }
    }

    private async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> serve)
    {
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await listener.AcceptTcpClientAsync(end.Token), serve));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> serve)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await serve(client.GetStream(), end.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
                // The client went, or the test is over.
            }
        }
    }

    /// <summary>Lets bytes pass, or not.</summary>
    public sealed class Gate
    {
        private volatile TaskCompletionSource open = Opened();

        /// <summary>Done while it is open.</summary>
        public Task Open => open.Task;

        public void Close() => open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Reopen() => open.TrySetResult();

        private static TaskCompletionSource Opened()
        {
            var source = new TaskCompletionSource();
            source.SetResult();
            return source;
        }
    }
}
