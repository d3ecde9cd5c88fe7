using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>What pages of other sites, in a browser on this machine, can do to a server without keys: nothing.</summary>
public sealed class CrossSiteTests : ApiTest
{
    [Theory]
    [InlineData("POST", "/v1/gc", "Origin", "https://evil.example")]
    [InlineData("POST", "/v1/gc", "Origin", "null")]
    [InlineData("POST", "/v1/gc", "Origin", "not a site")]
    [InlineData("POST", "/v1/maintenance/recode", "Sec-Fetch-Site", "cross-site")]
    [InlineData("DELETE", "/v1/tasks/task", "Sec-Fetch-Site", "same-site")]
    [InlineData("PUT", "/v1/tasks/other", "Origin", "http://localhost:1")]
    [InlineData("PATCH", "/v1/tasks/task", "Origin", "https://127.0.0.1")]
    [InlineData("POST", "/v1/keys", "Sec-Fetch-Site", "anything else")]
    public async Task Change_FromAPageOfAnotherSite_IsRefused(string method, string path, string header, string value)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await RefusedAsync(
            HttpStatusCode.Forbidden, "KEY_FORBIDDEN",
            () => SendAsync(new HttpMethod(method), path, Content("{}"u8.ToArray(), "application/json"), (header, value)));
    }

    [Fact]
    public async Task Change_FromTheServersOwnPage_IsMade()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(
            HttpMethod.Delete, $"{Steps}/1", null, ("Origin", $"http://{Server.Address.Authority}"), ("Sec-Fetch-Site", "same-origin")));
        await ExpectAsync(HttpStatusCode.Created, SendAsync(
            HttpMethod.Put, $"{Steps}/2", Content(Base.Change(2).ToBytes(), Safetensors), ("Sec-Fetch-Site", "none")));
        Assert.Equal([2L], (await JsonAsync<Page<CheckpointInfo>>(Steps)).Items.Select(item => item.Step));
    }

    [Fact]
    public async Task Read_FromAPageOfAnotherSite_IsAnswered_ForTheBrowserHidesIt()
    {
        using var answer = await ExpectAsync(
            HttpStatusCode.OK, GetAsync("/v1/tasks", ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
