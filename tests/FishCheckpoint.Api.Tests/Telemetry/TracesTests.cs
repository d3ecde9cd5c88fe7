using System.Net;
using System.Text;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Api.Tests.Telemetry;

/// <summary>Traces, against a collector that speaks the protocol.</summary>
public sealed class TracesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Save_IsTracedFromTheRequestToTheDisk()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using (var server = await ApiServer.StartAsync(settings: ("FishCheckpoint:Telemetry:TracesTo", collector.Address.ToString())))
        {
            var model = TestModel.Create();
            await PutAsync(server, "/v1/bases/base", model.ToBytes());
            using var task = await server.Client.PutAsync(
                "/v1/tasks/task", new StringContent("""{"base":"base"}""", Encoding.UTF8, "application/json"), Stop);
            await PutAsync(server, "/v1/tasks/task/checkpoints/1", model.Change(1).ToBytes());
            await server.Client.GetStringAsync("/healthz", Stop);
        }

        // The server sends what it has left when it stops.
        var received = collector.Received;
        Assert.All(
            ["fishcheckpoint", "PUT /v1/tasks/{task}/checkpoints/{step}", "save.encode", "save.commit", "fish.task"],
            expected => Assert.Contains(expected, received, StringComparison.Ordinal));
        Assert.DoesNotContain("healthz", received, StringComparison.Ordinal);
    }

    private static async Task PutAsync(ApiServer server, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/vnd.safetensors");
        using var response = await server.Client.PutAsync(path, content, Stop);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }
}
