using FishCheckpoint.Api;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace FishCheckpoint.Cli.Demo;

/// <summary>The real API in this process, on a free port of the loopback, and a client of it.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private readonly WebApplication server;

    private DemoServer(WebApplication server)
    {
        this.server = server;
        Address = new Uri(server.Urls.First());
        Client = FishClient.Connect(Address);
    }

    /// <summary>The address that it listens on.</summary>
    public Uri Address { get; }

    /// <summary>Talks to it over HTTP.</summary>
    public FishClient Client { get; }

    /// <summary>Starts it on a data folder.</summary>
    /// <param name="dataFolder">The folder.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="address">The address to listen on. Default: a free port.</param>
    public static async Task<DemoServer> StartAsync(string dataFolder, CancellationToken cancellation, Uri? address = null)
    {
        string[] arguments = [$"--urls={address?.AbsoluteUri ?? "http://127.0.0.1:0"}",
            $"--{FishSettings.Section}:{nameof(FishSettings.DataFolder)}={dataFolder}"];
        var built = FishServer.Build(arguments, builder => builder.Logging.ClearProviders());
        try
        {
            await built.StartAsync(cancellation);
            return new DemoServer(built);
        }
        catch
        {
            await built.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await server.StopAsync();
        await server.DisposeAsync();
    }
}
