using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FishCheckpoint.Benchmarks.EndToEnd;

/// <summary>The server in a process of its own, so that its memory can be told from the client's.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process process;

    private ServerProcess(Process process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<ServerProcess> StartAsync(string dataFolder)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ServerProcess).Assembly.Location);
        }

        foreach (var argument in new[] { "serve", "--urls", $"{address}", "--FishCheckpoint:DataFolder", dataFolder })
        {
            start.ArgumentList.Add(argument);
        }

        var server = new ServerProcess(Process.Start(start)!, address);
        await server.WaitUntilReadyAsync();
        return server;
    }

    /// <summary>The most memory that the process has had resident, in bytes.</summary>
    public long PeakResidentBytes() => Status("VmHWM:");

    /// <summary>The part of the resident memory that is the process's own and not the page cache's, in bytes.</summary>
    public long AnonymousBytes() => Status("RssAnon:");

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private long Status(string field) => long.Parse(
        File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).AsSpan(field.Length).Trim(" \tkB")) * 1024;

    private async Task WaitUntilReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(30);)
        {
            try
            {
                (await client.GetAsync(new Uri("/readyz", UriKind.Relative))).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50);
            }
        }

        throw new TimeoutException("The server did not become ready.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
