using System.Net;
using System.Text.Json;
using System.Threading.RateLimiting;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

/// <summary>How many requests the server answers at once, what further ones get, and when a request gives its place back.</summary>
public sealed class RequestLimitTests : ApiTest
{
    private const int AtOnce = 3;
    private const string Events = "/v1/tasks/task/events";

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        null, ("FishCheckpoint:Limits:MaxConcurrentRequests", $"{AtOnce}"), ("FishCheckpoint:Limits:MinBytesPerSecond", "0"));

    [Fact]
    public async Task Requests_BeyondTheirNumber_AreRefusedWithTheCodeAndTheTimeToTryAgain()
    {
        using var held = await FillAsync();
        using var refused = await ExpectAsync(HttpStatusCode.TooManyRequests, GetAsync("/v1/tasks"));
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.Equal("1", refused.Headers.RetryAfter?.ToString());
        var problem = await JsonAsync<JsonElement>(refused);
        Assert.Equal("TOO_MANY_REQUESTS", problem.GetProperty("code").GetString());
        Assert.Equal("requests", problem.GetProperty("key").GetString());
        Assert.Equal("GET /v1/tasks/", problem.GetProperty("operation").GetString());
        Assert.Equal($"The server has reached its limit of {AtOnce} concurrent requests.", problem.GetProperty("cause").GetString());
        Assert.Equal("Try again in a moment.", problem.GetProperty("hint").GetString());

        // A path that no route has is counted as well.
        await ExpectAsync(HttpStatusCode.TooManyRequests, GetAsync("/nothing"));
    }

    [Fact]
    public async Task Requests_BeyondTheirNumber_OfTheHub_AreRefusedInItsForm()
    {
        using var held = await FillAsync();
        using var refused = await ExpectAsync(HttpStatusCode.TooManyRequests, GetAsync("/api/models/task"));
        Assert.Equal(
            $"requests: The server has reached its limit of {AtOnce} concurrent requests. Try again in a moment.",
            Assert.Single(refused.Headers.GetValues("X-Error-Message")));
        Assert.Equal("1", refused.Headers.RetryAfter?.ToString());
    }

    [Fact]
    public async Task OpenRoutes_WhileThePlacesAreTaken_AreAnswered()
    {
        using var held = await FillAsync();
        foreach (var path in (string[])["/", "/healthz", "/readyz", "/openapi/v1.json", "/docs/", "/dashboard/index.html"])
        {
            await ExpectAsync(HttpStatusCode.OK, GetAsync(path));
        }
    }

    [Fact]
    public async Task LongAnswers_AreCountedApart_UpToTheSameNumber()
    {
        using var held = new OpenRequests();
        for (var index = 0; index < AtOnce; index++)
        {
            var response = await Client.GetAsync(Events, HttpCompletionOption.ResponseHeadersRead, Stop);
            held.Add(response);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await ExpectAsync(HttpStatusCode.TooManyRequests, GetAsync(Events));
        Assert.Equal(AtOnce, Free);
        await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks"));
    }

    [Fact]
    public async Task Requests_WhoseClientsWentAway_GiveTheirPlacesBack()
    {
        using (await FillAsync())
        {
            await ExpectAsync(HttpStatusCode.TooManyRequests, GetAsync("/v1/tasks"));
        }

        await UntilFreeAsync(AtOnce);
        await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks"));
    }

    [Fact]
    public async Task Requests_ThatThrow_GiveTheirPlacesBack()
    {
        for (var index = 0; index <= AtOnce; index++)
        {
            await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => GetAsync("/v1/tasks/none"));
        }

        await UntilFreeAsync(AtOnce);
    }

    [Theory]
    [InlineData("MaxConcurrentRequests")]
    [InlineData("MaxConcurrentUploads")]
    public async Task Limit_BelowOne_IsRefusedAtTheStart(string setting)
    {
        var key = $"FishCheckpoint:Limits:{setting}";
        var error = await Assert.ThrowsAsync<FishException>(() => ApiServer.StartAsync(null, (key, "0")));
        Assert.Equal((ErrorCode.RequestInvalid, key), (error.Code, error.Key));
    }

    // Places for brief requests. The server is asked for them: an answer can arrive a little before its place is free.
    private int Free => (int)Server.Services.GetRequiredService<PartitionedRateLimiter<HttpContext>>()
        .GetStatistics(new DefaultHttpContext())!.CurrentAvailablePermits;

    private async Task UntilFreeAsync(int number)
    {
        while (Free != number)
        {
            await Task.Delay(10, Stop);
        }
    }

    // Each request begins a JSON body and never ends it.
    private async Task<OpenRequests> FillAsync()
    {
        await UntilFreeAsync(AtOnce);
        var held = new OpenRequests();
        for (var index = 0; index < AtOnce; index++)
        {
            held.Add(await RawHttp.BeginAsync(
                Server.Address, "PUT /v1/tasks/slow HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100", "{", Stop));
        }

        await UntilFreeAsync(0);
        return held;
    }

    // Requests under way, broken off together: the server waits for them when it stops.
    private sealed class OpenRequests : List<IDisposable>, IDisposable
    {
        public void Dispose() => ForEach(one => one.Dispose());
    }
}
