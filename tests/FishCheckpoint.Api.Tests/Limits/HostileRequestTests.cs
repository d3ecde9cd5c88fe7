using System.Globalization;
using System.Net;
using System.Text;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

/// <summary>Requests as no client library would send them: refused with a clear answer, or cut off, and nothing changes.</summary>
public sealed class HostileRequestTests : ApiTest
{
    private const string Json = "Content-Type: application/json";

    public static TheoryData<string, string, string> Framings => new()
    {
        // Two that read such a request differently could be made to see different requests.
        { "length and chunks", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
            "0\r\n\r\nGET /v1/tasks HTTP/1.1\r\nHost: a\r\n\r\n" },
        { "two lengths", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 15\r\nContent-Length: 16", "{\"base\":\"base\"}" },
        { "negative length", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: -1", "" },
        { "length past 64 bits", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 99999999999999999999", "{\"base\":\"base\"}" },
        { "length in hexadecimal", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 0xf", "{\"base\":\"base\"}" },
        { "unknown encoding", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nTransfer-Encoding: chunked, identity",
            "f\r\n{\"base\":\"base\"}\r\n0\r\n\r\n" },
        { "chunk size past 64 bits", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nTransfer-Encoding: chunked",
            "fffffffffffffffff\r\n{\"base\":\"base\"}\r\n0\r\n\r\n" },
        { "negative chunk size", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nTransfer-Encoding: chunked",
            "-1\r\n{\"base\":\"base\"}\r\n0\r\n\r\n" },
        { "chunk longer than it says", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nTransfer-Encoding: chunked",
            "3\r\n{\"base\":\"base\"}\r\n0\r\n\r\n" },
        { "no end of chunks", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nTransfer-Encoding: chunked", "f\r\n{\"base\":\"base\"}\r\n" },
        { "shorter than its length", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 100", "{\"base\":\"base\"}" },
        { "folded header", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length: 15\r\nX: a\r\n b", "{\"base\":\"base\"}" },
        { "space before a colon", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nContent-Length : 15", "{\"base\":\"base\"}" },
        { "zero byte in a header", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nX: a\0b\r\nContent-Length: 15", "{\"base\":\"base\"}" },
        { "two hosts", $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nHost: evil\r\nContent-Length: 15", "{\"base\":\"base\"}" },
        { "two authorizations' worth of lines",
            $"PUT /v1/tasks/x HTTP/1.1\r\n{Json}\r\nAuthorization: Bearer a\nX: b\r\nContent-Length: 14", "{\"base\":\"base\"" },
    };

    public static TheoryData<string> Steps64 =>
        ["9223372036854775808", "18446744073709551616", "1e999", "-1", "+1", "0x10", "1.0", "%201", "1%20", "1_000", "%D9%A1",
        "00000000000000000000000000000000000000001e"];

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Framing_ThatCouldBeReadTwoWays_IsRefused(string what, string head, string body)
    {
        var before = await HeldAsync();
        var answer = await RawHttp.SendAsync(Server.Address, head, Encoding.ASCII.GetBytes(body), finish: true, Stop);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Equal(before, await HeldAsync());
    }

    [Fact]
    public async Task Request_WithLengthAndChunks_HidesNoSecondRequest()
    {
        // What stands after the chunks would be a request of its own to whoever goes by the chunks.
        var answer = await RawHttp.SendAsync(
            Server.Address, "PUT /v1/tasks/x HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\nDELETE /v1/tasks/task HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), finish: true, Stop);
        Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
        await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks/task"));
    }

    [Theory]
    [MemberData(nameof(Steps64))]
    public async Task Step_ThatIsNone_IsRefused(string step)
    {
        var body = Base.Change(1).ToBytes();
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutAsync($"{Steps}/{step}", body));

        // To whoever reads, some of them could be tags.
        using var read = await GetAsync($"{Steps}/{step}");
        Assert.True((int)read.StatusCode is 400 or 404, $"{read.StatusCode}");
        using var tagged = await PutJsonAsync(
            "/v1/tasks/task/tags/good", $$"""{"step":{{(step.Contains('%', StringComparison.Ordinal) ? "\"" + step + "\"" : step)}}}""");
        Assert.True((int)tagged.StatusCode is 400 or 404, $"{tagged.StatusCode}");
    }

    [Fact]
    public async Task Step_OfTheHighestNumber_IsTaken()
    {
        var highest = long.MaxValue.ToString(CultureInfo.InvariantCulture);
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/{highest}", Base.Change(1).ToBytes()));
        Assert.Equal(Base.Change(1).ToBytes(), await BytesAsync($"{Steps}/latest/model.safetensors"));
        await ExpectAsync(HttpStatusCode.NoContent, PutJsonAsync("/v1/tasks/task/tags/end", $$"""{"step":{{highest}}}"""));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/{highest}"));
    }

    [Theory]
    [InlineData("%e2%80%ae")]
    [InlineData("a%0d%0aX:%20y")]
    [InlineData("a%09b")]
    [InlineData("a%7fb")]
    [InlineData("%ff%fe")]
    [InlineData("%F0%9F%90%9F")]
    [InlineData("a%2fb")]
    [InlineData("a%252fb")]
    [InlineData("a%5cb")]
    [InlineData("e%cc%81")]
    [InlineData("%c0%ae%c0%ae")]
    [InlineData("a'--")]
    [InlineData("a%22%3b")]
    [InlineData("$0")]
    public async Task Name_OfOtherCharacters_IsRefusedEverywhere(string name)
    {
        foreach (var path in
            (string[])[$"/v1/tasks/{name}", $"/v1/bases/{name}", $"/v1/tasks/task/tags/{name}", $"/v1/tasks/{name}/checkpoints/1"])
        {
            var hasContent = path.Contains("bases", StringComparison.Ordinal) || path.Contains("checkpoints", StringComparison.Ordinal);
            var type = hasContent ? $"Content-Type: {Safetensors}" : Json;
            var answer = await RawHttp.SendAsync(
                Server.Address, $"PUT {path} HTTP/1.1\r\n{type}\r\nContent-Length: 15",
                "{\"base\":\"base\"}"u8.ToArray(), finish: false, Stop);
            Assert.True(answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), $"{path}: {answer}");
            Assert.DoesNotContain("\r\nX: y", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Header_ThatIsTooLong_IsRefused()
    {
        var answer = await RawHttp.SendAsync(
            Server.Address, $"GET /v1/tasks HTTP/1.1\r\nAuthorization: Bearer {new string('a', 40_000)}", [], finish: true, Stop);

        // What is broken off before everything is read may reset the connection under the answer.
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 431", StringComparison.Ordinal), answer);
        var line = await RawHttp.SendAsync(Server.Address, $"GET /v1/tasks/{new string('a', 10_000)} HTTP/1.1", [], finish: true, Stop);
        Assert.True(line.Length == 0 || line.StartsWith("HTTP/1.1 414", StringComparison.Ordinal), line);
    }

    [Fact]
    public async Task Json_ThatNestsOrRepeats_IsRefused()
    {
        var deep = $$"""{"base":{{string.Concat(Enumerable.Repeat("[", 100_000))}}""";
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/x", deep));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/task/quota", "[]"));
    }
}
