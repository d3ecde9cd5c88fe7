using System.Net;
using System.Text;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
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
        using var http = new HttpClient(new Answers($$"""[{"name":"{{name}}","bytes":8,"tag":"{{new string('0', 64)}}","sha256":null}]""")) { BaseAddress = new Uri("http://hostile.invalid") };
        await using var client = new FishClient(http);

        var error = await Assert.ThrowsAsync<FishException>(() => client.OpenBaseAsync("base", TestContext.Current.CancellationToken));

        Assert.Equal((ErrorCode.NameInvalid, name), (error.Code, error.Key));
    }

    private sealed class Answers(string json) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new StringContent(json, Encoding.UTF8, "application/json") });
    }
}
