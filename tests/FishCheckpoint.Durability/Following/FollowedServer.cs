using System.Net;
using System.Net.Sockets;

namespace FishCheckpoint.Durability.Following;

/// <summary><c>fishckpt serve</c> on a data folder, at one address however often it is killed.</summary>
internal sealed class FollowedServer(string fish, string data) : IAsyncDisposable
{
    private readonly string url = FreeAddress();
    private FishProcess? process;

    /// <summary>Starts it where it does not run; does not wait until it is ready.</summary>
    /// <returns>The options that name it.</returns>
    public async Task<string[]> StartAsync()
    {
        if (process is { HasExited: true })
        {
            await KillAsync();
        }

        process ??= FishProcess.Start(fish, "serve", "--data", data, "--urls", url);
        return ["--server", url];
    }

    /// <summary>Kills it.</summary>
    public async Task KillAsync()
    {
        if (process is not null)
        {
            await process.KillAsync();
            process.Dispose();
            process = null;
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}
