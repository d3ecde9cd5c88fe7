using System.Net;
using System.Text.Json;
using FishCheckpoint.Api.Tests.Support;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hub;

public sealed class HubRepositoryTests : HubTest
{
    private const string Everything =
        "config.json|layers/|layers/deep/|layers/deep/a.json|model.safetensors|tokenizer.json|vocab/|vocab/en.txt|vocab/fr.txt";

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(settings: ("FishCheckpoint:Telemetry:Metrics", "true"));

    [Fact]
    public async Task Commit_OfAStepSavedAgain_GivesOnlyItsOwnContent()
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        var commit = (await ShaAsync("step-120", token))!;
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/sst2/checkpoints/120"));
        await RefusedAsync($"/sst2/resolve/{commit}/model.safetensors", token, HttpStatusCode.NotFound, "RevisionNotFound");
        await SaveStepAsync(120, HubModels.Step(7), 0.3);
        await RefusedAsync($"/sst2/resolve/{commit}/model.safetensors", token, HttpStatusCode.NotFound, "RevisionNotFound");
        Assert.NotEqual(commit, await ShaAsync("step-120", token));
        await RefusedAsync($"/big/resolve/{commit}/config.json", token, HttpStatusCode.NotFound, "RevisionNotFound");
    }

    [Fact]
    public async Task Commit_OfAStepSavedAgainWithAnotherHeader_IsAnother()
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        var commit = await ShaAsync("step-120", token);
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/sst2/checkpoints/120"));

        // The same tensors and values, with one more word in the header.
        var model = HubModels.Step(120);
        var (length, header) =
            ((int)BitConverter.ToInt64(model), System.Text.Encoding.ASCII.GetString(model, 8, (int)BitConverter.ToInt64(model)));
        var other = "{\"__metadata__\":{\"format\":\"pt\"}," + header.TrimEnd()[1..];
        other = other.PadRight((other.Length + 7) / 8 * 8);
        await SaveStepAsync(
            120,
            [.. BitConverter.GetBytes((long)other.Length), .. System.Text.Encoding.ASCII.GetBytes(other), .. model[(8 + length)..]], 0.2);
        Assert.NotEqual(commit, await ShaAsync("step-120", token));
    }

    [Fact]
    public async Task Range_OfACommit_GoesOnOnlyWithTheSameFile()
    {
        await FillAsync();
        var (token, model) = (await TokenAsync("reader"), HubModels.Step(120));
        var path = $"/sst2/resolve/{await ShaAsync("main", token)}/model.safetensors";
        using var head = await AskAsync(HttpMethod.Head, path, token);
        var tag = Field(head, "ETag")!;
        using var part = await AskAsync(HttpMethod.Get, path, token, null, ("Range", "bytes=100-"), ("If-Range", tag));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(model[100..], await part.Content.ReadAsByteArrayAsync(Stop));
        using var whole = await AskAsync(HttpMethod.Get, path, token, null, ("Range", "bytes=100-"), ("If-Range", "\"other\""));
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal(model, await whole.Content.ReadAsByteArrayAsync(Stop));
        using var known = await AskAsync(HttpMethod.Get, path, token, null, ("If-None-Match", tag));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var beyond = await AskAsync(HttpMethod.Get, path, token, null, ("Range", "bytes=999999-"));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
        Assert.Equal($"bytes */{model.Length}", Field(beyond, "Content-Range"));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("api")]
    [InlineData("models")]
    [InlineData("openapi")]
    [InlineData("docs")]
    [InlineData("healthz")]
    [InlineData("metrics")]
    [InlineData("resolve")]
    [InlineData("refs")]
    [InlineData("fish")]
    public async Task Task_NamedLikeARoute_IsServedAndShadowsNone(string task)
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync($"/v1/tasks/{task}", """{"base":"single"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"/v1/tasks/{task}/checkpoints/1", HubModels.Step(1)));
        using var alone = await ExpectAsync(
            HttpStatusCode.TemporaryRedirect, AskAsync(HttpMethod.Get, $"/{task}/resolve/main/config.json", token));
        Assert.StartsWith($"/{task}/resolve/", Field(alone, "Location"), StringComparison.Ordinal);
        foreach (var path in new[]
        {
            $"/api/models/{task}", $"/api/models/{task}/tree/main", $"/api/models/{task}/refs", $"/v1/tasks/{task}",
            $"/v1/tasks/{task}/checkpoints/1", "/healthz", "/metrics", "/openapi/v1.json", "/docs/", "/v1/tasks",
        })
        {
            await ExpectAsync(HttpStatusCode.OK, SendAsync(HttpMethod.Get, path));
        }
    }

    [Theory]
    [InlineData("paths=config.json&paths=%C3%A9", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("%%%&&&=&paths", HttpStatusCode.OK)]
    public async Task PathsInfo_OfAnyForm_NamesWhatThereIs(string form, HttpStatusCode status)
    {
        await FillAsync();
        using var response = await ExpectAsync(
            status, AskAsync(HttpMethod.Post, "/api/models/sst2/paths-info/main", await TokenAsync("reader"), form));
        Assert.Equal(form.Contains("config", StringComparison.Ordinal) ? 1 : 0, (await JsonAsync<JsonElement>(response)).GetArrayLength());
    }

    [Theory]
    [InlineData("", "config.json|layers/|model.safetensors|tokenizer.json|vocab/")]
    [InlineData("?recursive=false", "config.json|layers/|model.safetensors|tokenizer.json|vocab/")]
    [InlineData("?recursive=true", Everything)]
    [InlineData("/vocab", "vocab/en.txt|vocab/fr.txt")]
    [InlineData("/vocab/?limit=1", "vocab/en.txt|vocab/fr.txt")]
    [InlineData("?recursive=true&limit=2", Everything)]
    [InlineData("/layers", "layers/deep/")]
    [InlineData("/layers?recursive=1", "layers/deep/|layers/deep/a.json")]
    [InlineData("/layers/deep", "layers/deep/a.json")]
    public async Task Tree_OfAFolder_ListsItsFilesAndFolders(string asked, string expected)
    {
        await FillAsync();
        await SaveNestedAsync();
        var (token, found) = (await TokenAsync("reader"), new List<string>());
        for (var path = $"/api/models/big/tree/main{asked}"; path.Length > 0;)
        {
            using var response = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, path, token));
            foreach (var entry in (await JsonAsync<JsonElement>(response)).EnumerateArray())
            {
                var isFolder = entry.GetProperty("type").GetString() == "directory";
                Assert.Equal(isFolder, entry.GetProperty("size").GetInt64() == 0);
                Assert.NotEmpty(entry.GetProperty("oid").GetString()!);
                found.Add(entry.GetProperty("path").GetString() + (isFolder ? "/" : ""));
            }

            path = Field(response, "Link") is { } next ? new Uri(next[1..next.IndexOf('>', StringComparison.Ordinal)]).PathAndQuery : "";
        }

        Assert.Equal(expected.Split('|'), found);
    }

    [Fact]
    public async Task Tree_OfWhatIsNoFolder_IsNotFound_AndPathsInfoNamesFolders()
    {
        await FillAsync();
        await SaveNestedAsync();
        var token = await TokenAsync("reader");
        foreach (var path in new[] { "none", "config.json", "voc", "vocab/en.txt", "vocab%2F..", ".." + "%2Flayers" })
        {
            await RefusedAsync($"/api/models/big/tree/main/{path}", token, HttpStatusCode.NotFound, "EntryNotFound");
        }

        using var response = await ExpectAsync(
            HttpStatusCode.OK, AskAsync(HttpMethod.Post, "/api/models/big/paths-info/main", token,
                "paths=vocab&paths=layers%2Fdeep%2Fa.json&paths=voc&expand=true"));
        Assert.Equal(
            ["layers/deep/a.json file", "vocab directory"], (await JsonAsync<JsonElement>(response)).EnumerateArray().Select(entry =>
            $"{entry.GetProperty("path").GetString()} {entry.GetProperty("type").GetString()}"));
    }

    [Fact]
    public async Task Owner_ThatIsNone_HasNoRepositories()
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        await RefusedAsync("/google/sst2/resolve/main/config.json", token, HttpStatusCode.NotFound, "RepoNotFound");
        await RefusedAsync("/api/models/google/sst2", token, HttpStatusCode.NotFound, "RepoNotFound");
        await RefusedAsync("/api/models/fish/sst2", await TokenAsync("limited", "big"), HttpStatusCode.Forbidden, "GatedRepo");
        await RefusedAsync("/sst2/resolve/main/config.json", null, HttpStatusCode.Unauthorized, "RepoNotFound");
    }

    private async Task SaveNestedAsync()
    {
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/big"));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/big", """{"base":"single"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/big/checkpoints/5", Tar.Of(
            ("model.safetensors", HubModels.Step(5)), ("layers/deep/a.json", "{}"u8.ToArray()), ("vocab/en.txt", "a"u8.ToArray()),
            ("vocab/fr.txt", "b"u8.ToArray())),
            "application/x-tar"));
    }

    private async Task<string?> ShaAsync(string revision, string token)
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, $"/api/models/sst2/revision/{revision}", token));
        return (await JsonAsync<JsonElement>(response)).GetProperty("sha").GetString();
    }

    private async Task RefusedAsync(string path, string? token, HttpStatusCode status, string code)
    {
        using var response = await ExpectAsync(status, AskAsync(HttpMethod.Get, path, token));
        Assert.Equal(code, Field(response, "X-Error-Code"));
        Assert.NotEmpty(Field(response, "X-Error-Message")!);
    }
}
