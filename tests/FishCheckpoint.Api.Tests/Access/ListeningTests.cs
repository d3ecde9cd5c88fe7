using System.Net;
using System.Net.Sockets;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>Where a server listens, and whom it lets in there.</summary>
public sealed class ListeningTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-listen-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Beyond => new()
    {
        { "Urls", "http://0.0.0.0:{0}" }, { "Urls", "http://[::]:{0}" }, { "Urls", "http://*:{0}" }, { "Urls", "http://some.name:{0}" },
        { "Urls", "http://127.0.0.1:0;http://0.0.0.0:{0}" }, { "Kestrel:Endpoints:Wide:Url", "http://0.0.0.0:{0}" },
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Beyond))]
    public async Task Start_BeyondLoopbackWithoutAKey_IsRefusedBeforeItListens(string setting, string value)
    {
        var port = FreePort();
        await using var server = Build(setting, string.Format(value, port));
        var error = await Assert.ThrowsAsync<FishException>(() => server.StartAsync(Stop));
        Assert.Equal((ErrorCode.AccessUnprotected, ErrorKind.Forbidden), (error.Code, error.Kind));
        using var probe = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => probe.ConnectAsync(IPAddress.Loopback, port, Stop).AsTask());
    }

    [Fact]
    public async Task Start_BeyondLoopbackByCode_IsRefusedToo()
    {
        await using var server = Build("Urls", "", builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(0)));
        Assert.Equal(ErrorCode.AccessUnprotected, (await Assert.ThrowsAsync<FishException>(() => server.StartAsync(Stop))).Code);
    }

    [Fact]
    public async Task Start_WithExpiredAndRevokedKeysOnly_IsRefused()
    {
        var yesterday = new ShiftedTime { By = TimeSpan.FromDays(-1) };
        await AddKeyAsync("gone", yesterday.GetUtcNow().AddHours(1), yesterday);
        await AddKeyAsync("revoked");
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder }, Stop))
        {
            await store.Access.RevokeKeyAsync("revoked", Stop);
        }

        await using var server = Build("Urls", "http://0.0.0.0:0");
        await Assert.ThrowsAsync<FishException>(() => server.StartAsync(Stop));
    }

    [Fact]
    public async Task Start_BeyondLoopbackWithAKey_AsksForItAndWarnsOfPlainText()
    {
        var token = await AddKeyAsync("root");
        var log = new CapturedLog();
        await using var server = Build(
            "Urls", "http://0.0.0.0:0", builder => builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning));
        await server.StartAsync(Stop);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(server.Urls.Single()).Port}") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/v1/tasks", Stop)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/tasks", Stop)).StatusCode);
        Assert.Contains("unencrypted", log.Text, StringComparison.Ordinal);
        await server.StopAsync(Stop);
    }

    [Fact]
    public async Task Loopback_WithoutKeys_IsOpenToItsOwnNamesOnly()
    {
        await using var server = Build("Urls", "http://127.0.0.1:0");
        await server.StartAsync(Stop);
        var address = new Uri(server.Urls.Single());
        Assert.Equal(HttpStatusCode.OK, await AskAsync(address, "localhost"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(address, "127.0.0.1:5080"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(address, "[::1]"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(address, "rebound.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(address, "192.0.2.1"));
        await server.StopAsync(Stop);
    }

    [Fact]
    public async Task Loopback_WithKeysRequired_AsksForThemBeforeThereIsOne()
    {
        await using var server = Build(
            "FishCheckpoint:Access:Required", "Always", builder => builder.Configuration["Urls"] = "http://127.0.0.1:0");
        await server.StartAsync(Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(new Uri(server.Urls.Single()), "localhost"));
        var token = await AddKeyAsync("root");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(new Uri(server.Urls.Single()), "localhost", token));
        await server.StopAsync(Stop);
    }

    private static async Task<HttpStatusCode> AskAsync(Uri address, string host, string? token = null)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tasks");
        request.Headers.Host = host;
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await client.SendAsync(request, Stop);
        return response.StatusCode;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private WebApplication Build(string setting, string value, Action<WebApplicationBuilder>? configure = null) =>
        FishServer.Build([], builder =>
    {
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Urls", "")])
            .AddInMemoryCollection([new("FishCheckpoint:DataFolder", folder), new(setting, value)]);
        configure?.Invoke(builder);
    });

    private async Task<string> AddKeyAsync(string name, DateTimeOffset? expires = null, TimeProvider? time = null)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(
            new StoreOptions { DataFolder = folder, Time = time ?? TimeProvider.System }, Stop);
        return (await store.Access.AddKeyAsync(new KeySpec(name, KeyScope.Admin, null, expires), Stop)).Token;
    }
}
