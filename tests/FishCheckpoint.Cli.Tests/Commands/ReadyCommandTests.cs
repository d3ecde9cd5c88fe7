using System.Net;
using System.Net.Sockets;
using FishCheckpoint.Cli.Demo;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class ReadyCommandTests : CommandTest
{
    [Fact]
    public async Task Ready_OfAServer_SaysSo() => Assert.Equal("ready", (await FishOverHttpAsync("ready")).Succeeded().Output.Trim());

    [Fact(Timeout = 60_000)]
    public async Task Ready_WithPatience_WaitsForTheServer()
    {
        var address = FreeAddress();
        var asking = RunAsync("ready", "--server", address.AbsoluteUri, "--wait", "50");
        await Task.Delay(300, Stop);
        Assert.False(asking.IsCompleted);
        await using var server = await DemoServer.StartAsync(Data, Stop, address);
        (await asking).Succeeded();
    }

    [Fact]
    public async Task Ready_WithoutServer_IsRefused() =>
        (await RunAsync("ready", "--server", FreeAddress().AbsoluteUri)).Failed(9, "SERVER_UNAVAILABLE");

    [Fact]
    public async Task Ready_OfNothing_IsRefused() => (await RunAsync("ready")).Failed(3, "REQUEST_INVALID");

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }
}
