using FishCheckpoint.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>The real server on a free port of loopback.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private LoopbackServer(WebApplication application) => this.application = application;

    public Uri Address => new(application.Urls.Single());

    public static async Task<LoopbackServer> StartAsync(string dataFolder, int port = 0, params KeyValuePair<string, string?>[] settings)
    {
        var built = FishServer.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection([
                new("FishCheckpoint:DataFolder", dataFolder), new("Urls", $"http://127.0.0.1:{port}"), .. settings,
            ]);
        });
        await built.StartAsync();
        return new LoopbackServer(built);
    }

    public FishClient OpenClient() => FishClient.Connect(Address);

    public async ValueTask DisposeAsync()
    {
        await application.StopAsync();
        await application.DisposeAsync();
    }
}
