using System.Net.Sockets;
using System.Text;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

/// <summary>Whoever sends a byte now and then does not hold a place for long.</summary>
public sealed class SlowBodyTests : ApiTest
{
    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        null, ("FishCheckpoint:Limits:MinBytesPerSecond", "100000"), ("FishCheckpoint:Limits:SlowFor", "00:00:01.5"),
        ("FishCheckpoint:Limits:MaxConcurrentUploads", "1"));

    [Fact]
    public async Task SlowBody_IsBrokenOff_AndLeavesItsPlaceAndNothingElse()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Server.Address.Host, Server.Address.Port, Stop);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"PUT {Steps}/1 HTTP/1.1\r\nHost: {Server.Address.Authority}\r\nContent-Type: {Safetensors}\r\nContent-Length: "
                + "1000000\r\n\r\n"), Stop);
        var answer = ReadToEndAsync(stream);
        try
        {
            while (!answer.IsCompleted)
            {
                await stream.WriteAsync(new byte[1], Stop);
                await Task.WhenAny(answer, Task.Delay(100, Stop));
            }
        }
        catch (IOException)
        {
            // The server has hung up.
        }

        var text = await answer;
        Assert.True(text.Length == 0 || text.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), text);
        HttpResponseMessage saved;
        do
        {
            saved = await SaveAsync(2, Base.Change(1));
        }
        while (saved.StatusCode == System.Net.HttpStatusCode.TooManyRequests);
        Assert.Equal(System.Net.HttpStatusCode.Created, saved.StatusCode);
        Assert.Empty(Server.Temporaries);
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, Stop);
        }
        catch (IOException)
        {
            // Cut off: what came before counts.
        }

        return Encoding.ASCII.GetString(received.ToArray());
    }
}
