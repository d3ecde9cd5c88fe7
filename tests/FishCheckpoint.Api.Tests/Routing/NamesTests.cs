using System.Net;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Routing;

/// <summary>Names are keys: however a path is spelled or escaped, a request never means another thing than it says.</summary>
public sealed class NamesTests : ApiTest
{
    [Theory]
    [InlineData("..%2fx")]
    [InlineData("%2e%2e%2fx")]
    [InlineData("..%5Cx")]
    [InlineData(".hidden")]
    [InlineData("a%20b")]
    [InlineData("%C3%A4")]
    public async Task Task_BadName_IsRefused(string name)
    {
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutJsonAsync($"/v1/tasks/{name}", """{"base":"base"}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync($"/v1/tasks/{name}"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "NAME_INVALID", () => SendAsync(HttpMethod.Delete, $"/v1/tasks/{name}/checkpoints/1"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync($"/v1/bases/{name}"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync($"{Steps}/1/files/{name}"));
    }

    [Theory]
    [InlineData("/v1/tasks/../x")]
    [InlineData("/v1/tasks/%2e%2e/x")]
    [InlineData("/v1/tasks/task/../../bases/base")]
    public async Task Path_DotSegments_IsRefused(string path)
    {
        // A client library would undo the dots before sending.
        var before = await HeldAsync();
        var answer = await RawHttp.SendAsync(
            Server.Address, $"PUT {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 15",
            """{"base":"base"}"""u8.ToArray(), finish: false, Stop);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("\"NAME_INVALID\"", answer, StringComparison.Ordinal);
        Assert.Equal(before, await HeldAsync());
    }

    [Fact]
    public async Task Path_ZeroByte_IsRefused()
    {
        // The server below refuses this one before any route, and without a body.
        var before = await HeldAsync();
        await ExpectAsync(HttpStatusCode.BadRequest, PutJsonAsync("/v1/tasks/a%00b", """{"base":"base"}"""));
        Assert.Equal(before, await HeldAsync());
    }

    [Fact]
    public async Task Name_TooLong_IsRefused()
    {
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync($"/v1/tasks/{new string('a', 128)}", """{"base":"base"}"""));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "NAME_INVALID", () => PutJsonAsync($"/v1/tasks/{new string('a', 129)}", """{"base":"base"}"""));
    }

    [Fact]
    public async Task Route_Unknown_IsAProblem()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "ROUTE_NOT_FOUND", () => GetAsync("/v1/nothing"));
        await RefusedAsync(HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED", () => SendAsync(HttpMethod.Post, "/v1/tasks"));
    }

    [Fact]
    public async Task Problem_Operation_NamesTheRoute()
    {
        var problem = await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => GetAsync($"{Steps}/7"));
        Assert.Equal("GET /v1/tasks/{task}/checkpoints/{step}", problem.GetProperty("operation").GetString());
        Assert.Equal("task/7", problem.GetProperty("key").GetString());
    }
}
