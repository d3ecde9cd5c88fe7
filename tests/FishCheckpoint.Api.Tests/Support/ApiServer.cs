using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>The real server on a free port, over a data folder of its own.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly string folder;

    private ApiServer(WebApplication server, string folder)
    {
        (this.server, this.folder) = (server, folder);
        Address = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public string DataFolder => folder;

    public IServiceProvider Services => server.Services;

    /// <summary>Stops the server as SIGTERM does.</summary>
    public Task StopAsync()
    {
        server.Lifetime.StopApplication();
        return server.StopAsync();
    }

    /// <summary>What lies in the temporary folders of processes.</summary>
    public IEnumerable<string> Temporaries =>
        Directory.EnumerateDirectories(Path.Combine(folder, "tmp")).SelectMany(owner => Directory.EnumerateFileSystemEntries(owner));

    public static async Task<ApiServer> StartAsync(
        Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] settings)
    {
        var data = Directory.CreateTempSubdirectory("fish-api-").FullName;
        var built = FishServer.Build(["--urls", "http://127.0.0.1:0"], builder =>
        {
            // Without metrics, of which each server reserves 10 MB: the tests of metrics ask for them.
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["FishCheckpoint:DataFolder"] = data,
                ["FishCheckpoint:Maintenance:CollectEvery"] = "00:00:00",
                ["FishCheckpoint:Telemetry:Metrics"] = "false",
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "None",
            });
            builder.Configuration.AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
            configure?.Invoke(builder);
        });
        await built.StartAsync();
        return new ApiServer(built, data);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.StopAsync();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
