using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FishCheckpoint.Api.Limits;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Errors;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

/// <summary>Connections that send nothing, and more connections than there are places.</summary>
public sealed class ConnectionGateTests
{
    private static readonly (string, string) Long = ("FishCheckpoint:Limits:SilentFor", "01:00:00");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n")]
    public async Task Connection_ThatSendsNoWholeRequest_IsClosed(string sent)
    {
        await using var server = await StartAsync(("FishCheckpoint:Limits:SilentFor", "00:00:01"));
        using var silent = await ConnectAsync(server, sent);
        await UntilClosedAsync(silent);
    }

    [Fact]
    public async Task Connection_ThatHasSpoken_MayBeIdle()
    {
        await using var server = await StartAsync(("FishCheckpoint:Limits:SilentFor", "00:00:01"));
        using var spoken = await ConnectAsync(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        using var silent = await ConnectAsync(server, "");
        await UntilClosedAsync(silent);
        await spoken.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), Stop);
        Assert.Equal(2, (await new StreamReader(spoken.GetStream()).ReadToEndAsync(Stop)).Split("200 OK").Length - 1);
    }

    [Fact]
    public async Task SilentConnections_BeyondTheirNumber_OfOneAddress_LoseTheOldest()
    {
        await using var server = await StartAsync(("FishCheckpoint:Limits:MaxSilentConnections", "2"), Long);
        var held = new List<TcpClient>();
        for (var index = 0; index < 5; index++)
        {
            held.Add(await ConnectAsync(server, ""));
        }

        await Task.WhenAll(held.Take(3).Select(UntilClosedAsync));
        Assert.Equal(2, Gate(server).Open);
        held.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task SilentConnections_InAllPlaces_MakeRoomForOneThatSpeaks()
    {
        await using var server = await StartAsync(
            ("FishCheckpoint:Limits:MaxConnections", "4"), ("FishCheckpoint:Limits:MaxSilentConnections", "100"), Long);
        var held = new List<TcpClient>();
        while (held.Count < 4 + ConnectionGate.Reserve)
        {
            held.Add(await ConnectAsync(server, ""));
        }

        await Task.Delay(1100, Stop);
        for (var index = 0; index < 20; index++)
        {
            using var client = new HttpClient { BaseAddress = server.Address };
            await client.GetStringAsync("/v1/tasks", Stop);
        }

        held.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task ActiveConnections_InAllPlaces_LeaveTheReserveForTheServersState()
    {
        await using var server = await StartAsync(
            ("FishCheckpoint:Limits:MaxConnections", "4"), ("FishCheckpoint:Limits:MinBytesPerSecond", "0"), Long);
        var held = new List<TcpClient>();
        for (var index = 0; index < 4; index++)
        {
            held.Add(
                await RawHttp.BeginAsync(
                    server.Address, "PUT /v1/tasks/slow HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100", "{", Stop));
        }

        await UntilAsync(() => Gate(server).Active == 4);
        for (var index = 0; index < 3 * ConnectionGate.Reserve; index++)
        {
            using var client = new HttpClient { BaseAddress = server.Address };
            Assert.Equal("ok\n", await client.GetStringAsync("/healthz", Stop));
            await UntilAsync(() => Gate(server).Open == 4);
            using var refused = await client.GetAsync("/v1/tasks", Stop);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal(
                "connections", JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("key")
                .GetString());
            await UntilAsync(() => Gate(server).Open == 4);
        }

        held.ForEach(connection => connection.Dispose());
        await UntilAsync(() => Gate(server).Open == 0);
        await server.Client.GetStringAsync("/v1/tasks", Stop);
    }

    [Theory]
    [InlineData("MaxConnections", "0")]
    [InlineData("MaxSilentConnections", "0")]
    [InlineData("MaxSilentConnections", "-3")]
    [InlineData("SilentFor", "00:00:00")]
    [InlineData("SilentFor", "-00:00:10")]
    public async Task Limit_ThatWouldLetNobodyIn_IsRefusedAtTheStart(string setting, string value)
    {
        var key = $"FishCheckpoint:Limits:{setting}";
        var error = await Assert.ThrowsAsync<FishException>(() => StartAsync((key, value)));
        Assert.Equal((ErrorCode.RequestInvalid, key), (error.Code, error.Key));
    }

    [Theory]
    [InlineData("Max processes 1 2 processes\nMax open files            1024                 524288               files     \n", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     \n", null)]
    [InlineData("Max open files\n", null)]
    [InlineData("", null)]
    public void LimitOf_TheSystemsText_IsTheOneInForce(string text, int? limit) => Assert.Equal(limit, Descriptors.LimitOf(text));

    private static Task<ApiServer> StartAsync(params (string, string)[] settings) => ApiServer.StartAsync(null, settings);

    private static ConnectionGate Gate(ApiServer server) => server.Services.GetRequiredService<ConnectionGate>();

    private static async Task<TcpClient> ConnectAsync(ApiServer server, string sent)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(server.Address.Host, server.Address.Port, Stop);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(sent), Stop);
        return connection;
    }

    private static async Task UntilClosedAsync(TcpClient connection)
    {
        try
        {
            while (await connection.GetStream().ReadAsync(new byte[1024], Stop) > 0)
            {
                // What it says of the end.
            }
        }
        catch (IOException)
        {
            // Reset is closed too.
        }
    }

    private static async Task UntilAsync(Func<bool> happened)
    {
        while (!happened())
        {
            await Task.Delay(5, Stop);
        }
    }
}
