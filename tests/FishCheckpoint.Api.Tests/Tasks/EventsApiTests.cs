using System.Net;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Tasks;

/// <summary>What is on the wire of a task's events; what they say is the contract suite's matter.</summary>
public sealed class EventsApiTests : ApiTest
{
    private const string Path = "/v1/tasks/task/events";

    [Fact]
    public async Task Events_FromTheLastId_AreServerSentEvents()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        using var response = await FollowAsync(Path + "?after=0");
        Assert.Equal(
            ("text/event-stream", "no-store"), (response.Content.Headers.ContentType?.MediaType, $"{response.Headers.CacheControl}"));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        var made = await EventAsync(lines);
        var saved = await EventAsync(lines);
        Assert.Equal(("event: changed", "event: saved"), (made.Event, saved.Event));
        Assert.StartsWith(
            $$"""data: {"id":{{saved.Id}},"kind":"saved","task":"task","step":1,"tag":null,"time":""", saved.Data,
            StringComparison.Ordinal);

        // The header is what a browser sends by itself, and counts before the query.
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
        using var again = await FollowAsync(Path + "?after=0", ("Last-Event-ID", saved.Id));
        using var rest = new StreamReader(await again.Content.ReadAsStreamAsync(Stop));
        Assert.Contains("\"step\":2", (await EventAsync(rest)).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_OfWhatIsNotThere_AreRefused()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => GetAsync("/v1/tasks/none/events"));
        foreach (var id in (string[])["x", "-1", "1.5", "99999999999999999999"])
        {
            await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync($"{Path}?after={id}"));
        }
    }

    [Fact]
    public async Task Events_WhenTheServerStops_EndAtOnce()
    {
        using var response = await FollowAsync(Path);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("retry: 1000", await lines.ReadLineAsync(Stop));
        var stopping = Server.StopAsync();
        Assert.Equal("\n", await lines.ReadToEndAsync(Stop));
        await stopping;
    }

    private async Task<HttpResponseMessage> FollowAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        // Not by what reads an answer to its end: this one has none.
        var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private static async Task<(string Id, string Event, string Data)> EventAsync(StreamReader lines)
    {
        string? line;
        while ((line = await lines.ReadLineAsync(Stop)) is not null && !line.StartsWith("id: ", StringComparison.Ordinal))
        {
        }

        return (line![4..], (await lines.ReadLineAsync(Stop))!, (await lines.ReadLineAsync(Stop))!);
    }
}
