using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>The client against a real server on loopback passes the suite that the embedded store passes.</summary>
public sealed class ClientSaveTests : SaveContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for metrics, metadata and overwriting saves.</summary>
public sealed class ClientOverwriteTests : OverwriteContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for everything else.</summary>
public sealed class ClientCatalogTests : CatalogContract
{
    private LoopbackServer? server;

    protected override bool ReadsSnapshots => false;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for side files.</summary>
public sealed class ClientSideFileTests : SideFileContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for a training run.</summary>
public sealed class ClientHookTests : HookContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for recoding.</summary>
public sealed class ClientRecodeTests : RecodeContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder, settings: KeyValuePair.Create("FishCheckpoint:Compression:Effort", (string?)"Fast"))).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for verification.</summary>
public sealed class ClientVerifyTests : VerifyContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for folding.</summary>
public sealed class ClientFoldTests : FoldContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder, settings: KeyValuePair.Create("FishCheckpoint:DeletionGrace", (string?)"00:00:00"))).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for comparisons and timelines.</summary>
public sealed class ClientComparisonTests : ComparisonContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for tasks that start from another one's checkpoint.</summary>
public sealed class ClientBranchTests : BranchContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for training runs that start from another task's checkpoint.</summary>
public sealed class ClientBranchTrainingTests : BranchTrainingContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

/// <summary>As above, for what is deleted and comes back.</summary>
public sealed class ClientDeletionTests : DeletionContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}

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

/// <summary>As above, for events.</summary>
public sealed class ClientEventTests : EventContract
{
    private LoopbackServer? server;

    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        (server = await LoopbackServer.StartAsync(dataFolder)).OpenClient();

    protected override async Task CloseAsync() => await server!.DisposeAsync();
}
