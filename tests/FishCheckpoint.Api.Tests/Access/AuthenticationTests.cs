using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

public sealed class AuthenticationTests : AccessTest
{
    private readonly ShiftedTime time = new();

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/")]
    [InlineData("/docs/scalar.js")]
    public async Task Open_Routes_AskForNoKey(string path) => await SendAsync(As(null), HttpMethod.Get, path, HttpStatusCode.OK);

    [Theory]
    [InlineData("GET", "/v1/tasks")]
    [InlineData("GET", "/v1/bases/base/model.safetensors")]
    [InlineData("PUT", "/v1/tasks/task/checkpoints/2")]
    [InlineData("DELETE", "/v1/tasks/task/checkpoints/1")]
    [InlineData("GET", "/v1/keys")]
    [InlineData("GET", "/v1/audit")]
    [InlineData("POST", "/v1/maintenance/recode")]
    public async Task Request_WithoutAKey_IsChallenged(string method, string path)
    {
        using var missing = await SendAsync(
            As(null), new HttpMethod(method), path, HttpStatusCode.Unauthorized, "KEY_REQUIRED", Json("{}"));
        Assert.Equal("Bearer realm=\"FishCheckpoint\"", missing.Headers.WwwAuthenticate.ToString());
        using var unknown = await SendAsync(
            As(KeyToken.Create().Token), new HttpMethod(method), path, HttpStatusCode.Unauthorized, "KEY_INVALID", Json("{}"));
        Assert.Contains("invalid_token", unknown.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_RevokedOrExpired_IsRefusedAtOnceAndAlike()
    {
        var (revoked, expired) =
            (await AddKeyAsync("a", KeyScope.Read), await AddKeyAsync("b", KeyScope.Read, expires: DateTimeOffset.UtcNow.AddHours(1)));
        var (first, second) = (As(revoked.Token), As(expired.Token));
        await SendAsync(first, HttpMethod.Get, "/v1/tasks", HttpStatusCode.OK);
        await SendAsync(Client, HttpMethod.Delete, "/v1/keys/a", HttpStatusCode.OK);
        var one = await (await SendAsync(first, HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized)).Content.ReadAsStringAsync(Stop);
        time.By = TimeSpan.FromHours(2);
        Assert.Equal(
            one, await (await SendAsync(second, HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized)).Content.ReadAsStringAsync(Stop));
        Assert.Equal(
            one,
            await (
                await SendAsync(As("nonsense"), HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized)).Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Events_OfAKeyRevokedOrExpired_EndAndTellNothingMore(bool revoked)
    {
        var key = await AddKeyAsync("a", KeyScope.Read, expires: revoked ? null : DateTimeOffset.UtcNow.AddHours(1));
        using var response = await As(key.Token).GetAsync("/v1/tasks/task/events", HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
        var line = string.Empty;
        while (!line!.Contains("\"step\":2", StringComparison.Ordinal))
        {
            line = await lines.ReadLineAsync(Stop);
        }

        if (revoked)
        {
            await SendAsync(Client, HttpMethod.Delete, "/v1/keys/a", HttpStatusCode.OK);
        }
        else
        {
            time.By = TimeSpan.FromHours(2);
        }

        await ExpectAsync(HttpStatusCode.Created, SaveAsync(3, Base.Change(3)));
        Assert.DoesNotContain("\"step\":3", await lines.ReadToEndAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_WhoseKeysAreAllRevoked_StaysClosed()
    {
        await SendAsync(Client, HttpMethod.Delete, "/v1/keys/root", HttpStatusCode.OK);
        await SendAsync(As(null), HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized, "KEY_REQUIRED");
    }

    [Theory]
    [InlineData("Basic {0}")]
    [InlineData("{0}")]
    [InlineData("Bearer")]
    [InlineData("Bearer {0}, Bearer {0}")]
    [InlineData("Bearer {0}x")]
    public async Task Authorization_InAnotherForm_IsRefused(string form)
    {
        var token = (await AddKeyAsync("a", KeyScope.Read)).Token;
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tasks");
        Assert.True(request.Headers.TryAddWithoutValidation("Authorization", string.Format(form, token)));
        await ExpectAsync(HttpStatusCode.Unauthorized, As(null).SendAsync(request, Stop));
    }

    [Fact]
    public async Task Authorization_SentTwice_IsRefused()
    {
        var token = (await AddKeyAsync("a", KeyScope.Read)).Token;
        var answer = await RawHttp.SendAsync(
            Server.Address, $"GET /v1/tasks HTTP/1.1\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}", [],
            finish: false, Stop);
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Method_ThatARouteDoesNotTake_IsStillSaid() =>
        await SendAsync(As(null), HttpMethod.Post, "/v1/tasks", HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");

    [Fact]
    public async Task Made_Key_IsInTheAnswerOnceAndWorks()
    {
        using var response = await SendAsync(
            Client, HttpMethod.Post, "/v1/keys", HttpStatusCode.Created,
            content: Json("""{"name":"new","scope":"write","tasks":["task"],"quotaBytes":5000000}"""));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var added = await JsonAsync<NewKey>(response);
        await SendAsync(As(added.Token), HttpMethod.Get, "/v1/tasks/task", HttpStatusCode.OK);
        Assert.DoesNotContain(added.Token[^43..], await Client.GetStringAsync("/v1/keys", Stop), StringComparison.Ordinal);
        await SendAsync(
            Client, HttpMethod.Post, "/v1/keys", HttpStatusCode.Conflict, "KEY_TAKEN", Json("""{"name":"new","scope":"read"}"""));
        await SendAsync(
            Client, HttpMethod.Post, "/v1/keys", HttpStatusCode.BadRequest, "REQUEST_INVALID", Json("""{"name":"x","scope":9}"""));
        await SendAsync(Client, HttpMethod.Post, "/v1/keys", HttpStatusCode.BadRequest, "NAME_INVALID", Json("""{"scope":"read"}"""));
        await SendAsync(Client, HttpMethod.Delete, "/v1/keys/none", HttpStatusCode.NotFound, "KEY_NOT_FOUND");
    }

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(builder => builder.Services.AddSingleton(
        provider => provider.GetRequiredService<FishSettings>().ToStoreOptions() with { Time = time }));
}
