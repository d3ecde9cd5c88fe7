using System.Net;
using System.Text;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>A client of a server that is not what it seems.</summary>
public sealed class HostileServerTests
{
    [Theory]
    [InlineData("../outside.safetensors")]
    [InlineData("/etc/outside")]
    [InlineData("a/../../b.safetensors")]
    [InlineData("a//b.safetensors")]
    [InlineData(".fish.json")]
    [InlineData("")]
    public async Task Open_FilesNamedOutOfTheirFolder_IsRefused(string name)
    {
        using var http = new HttpClient(new Answers($$"""[{"name":"{{name}}","bytes":8,"tag":"{{new string('0', 64)}}","sha256":null}]"""))
        {
            BaseAddress = new Uri("http://hostile.invalid"),
        };
        await using var client = new FishClient(http);

        var error = await Assert.ThrowsAsync<FishException>(() => client.Bases.OpenAsync("base", TestContext.Current.CancellationToken));

        Assert.Equal((ErrorCode.NameInvalid, name), (error.Code, error.Key));
    }

    [Fact]
    public async Task Hook_OlderServer_IsRefusedWithTheFirstStep()
    {
        using var http = new HttpClient(new Answers("{}", version: "0.0.9")) { BaseAddress = new Uri("http://older.invalid") };
        await using var client = new FishClient(http);
        var trainer = new TinyTrainer(new SeededRandom(3));
        await using var hook = new CheckpointHook(
            client, "task", trainer.Mask, trainer.BytesOf, new CheckpointHookOptions { SaveOnStop = false });

        var error = Assert.Throws<FishException>(() => hook.OnStep(1));

        Assert.Contains("version 0.0.9", error.Cause, StringComparison.Ordinal);
        Assert.Contains("Upgrade the server", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "may be older than this client")]
    [InlineData("0.1.0-alpha", "")]
    [InlineData("99.0.0", "")]
    public async Task Refusal_OfAServerThatMayBeOlder_SaysSo(string? version, string advice)
    {
        const string json =
            """{"code":"REQUEST_INVALID","key":"multipart/form-data","cause":"One part 'state' may come.","hint":"Hint."}""";
        using var http = new HttpClient(new Answers(json, HttpStatusCode.BadRequest, version))
        {
            BaseAddress = new Uri("http://older.invalid"),
        };
        await using var client = new FishClient(http);

        var error = await Assert.ThrowsAsync<FishException>(() => client.Tasks.GetAsync("task", TestContext.Current.CancellationToken));

        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
        Assert.Contains(advice, error.Hint, StringComparison.Ordinal);
        Assert.Equal(advice.Length > 0, error.Hint != "Hint.");
    }

    [Theory]
    [InlineData("2", 2.0)]
    [InlineData("Wed, 21 Oct 2065 07:28:00 GMT", null)]
    [InlineData(null, null)]
    public async Task Refusal_WithRetryAfter_CarriesItsSeconds(string? retryAfter, double? expected)
    {
        using var http = new HttpClient(new Answers("busy", HttpStatusCode.ServiceUnavailable, retryAfter: retryAfter))
        {
            BaseAddress = new Uri("http://busy.invalid"),
        };
        await using var client = new FishClient(http);

        var error = await Assert.ThrowsAsync<FishException>(() => client.Tasks.GetAsync("task", TestContext.Current.CancellationToken));

        Assert.Equal((ErrorCode.ServerUnavailable, expected), (error.Code, error.RetryAfter?.TotalSeconds));
    }

    private sealed class Answers(string json, HttpStatusCode status = HttpStatusCode.OK, string? version = null, string? retryAfter = null)
        : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StringContent(json, Encoding.UTF8, "application/json");
            var response = new HttpResponseMessage(status) { RequestMessage = request, Content = content };
            if (version is not null)
            {
                response.Headers.Add("Fish-Version", version);
            }

            if (retryAfter is not null)
            {
                response.Headers.Add("Retry-After", retryAfter);
            }

            return Task.FromResult(response);
        }
    }
}
