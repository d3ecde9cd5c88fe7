using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

/// <summary>With everything logged that can be, no secret is.</summary>
public sealed class SecretTests : AccessTest
{
    private readonly CapturedLog log = new();

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        builder =>
        {
            builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace);
            builder.Logging.AddFilter(_ => true);
        },
        ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"));

    [Fact]
    public async Task Log_AtTrace_HoldsNoTokenAndNoHash()
    {
        var keys = new List<NewKey> { await AddKeyAsync("writer", KeyScope.Write), await AddKeyAsync("limited", KeyScope.Read, ["task"]) };
        using (var made = await SendAsync(
            Client, HttpMethod.Post, "/v1/keys", HttpStatusCode.Created, content: Json("""{"name":"made","scope":"read"}""")))
        {
            keys.Add(await JsonAsync<NewKey>(made));
        }

        foreach (var key in keys)
        {
            await SendAsync(As(key.Token), HttpMethod.Get, "/v1/tasks", HttpStatusCode.OK);
            await SendAsync(As(key.Token), HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Forbidden);
            await SendAsync(As(key.Token), HttpMethod.Get, "/v1/nothing", HttpStatusCode.NotFound);
            await SendAsync(As(key.Token[..^1] + "!"), HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized);
            await SendAsync(Client, HttpMethod.Delete, $"/v1/keys/{key.Key.Name}", HttpStatusCode.OK);
            await SendAsync(As(key.Token), HttpMethod.Get, "/v1/tasks", HttpStatusCode.Unauthorized);
            await RawHttp.SendAsync(Server.Address, $"GARBAGE\r\nAuthorization: Bearer {key.Token}", [], finish: true, Stop);
        }

        var text = log.Text;
        Assert.Contains("KEY_INVALID", text, StringComparison.Ordinal);
        Assert.Contains("Request starting", text, StringComparison.Ordinal);
        foreach (var key in keys)
        {
            Assert.True(KeyToken.TryParse(key.Token, out _, out var hash));
            Assert.DoesNotContain(key.Token[^43..^1], text, StringComparison.Ordinal);
            Assert.DoesNotContain($"{hash}", text, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("Bearer fish_", text, StringComparison.Ordinal);
    }
}
