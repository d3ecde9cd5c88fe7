using FishCheckpoint.Api.Tests.Clients;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Contract;

/// <summary>The client of a real server on loopback: it passes the suites that the embedded store passes.</summary>
internal sealed class TestedStore : StoreFactory
{
    /// <summary>The tier of the suites that save and read much: the embedded store runs them in the fast one.</summary>
    public const string LongSuites = "Slow";

    private LoopbackServer? server;

    public override bool ReadsSnapshots => false;

    public override async Task<IFishStore> OpenAsync(string dataFolder, StoreSetup setup)
    {
        var settings = new List<KeyValuePair<string, string?>>();
        if (setup.Effort is { } effort)
        {
            settings.Add(new("FishCheckpoint:Compression:Effort", $"{effort}"));
        }

        if (setup.DeletionGrace is { } grace)
        {
            settings.Add(new("FishCheckpoint:DeletionGrace", $"{grace}"));
        }

        server = await LoopbackServer.StartAsync(dataFolder, settings: [.. settings]);
        return server.OpenClient();
    }

    public override async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
