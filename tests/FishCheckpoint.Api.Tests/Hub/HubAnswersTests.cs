using System.Net;
using System.Text.Json;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hub;

/// <summary>What the server answers to all that the Hub's protocol has.</summary>
public sealed class HubAnswersTests : HubTest
{
    [Theory]
    [InlineData("GET", "/api/models/none", "RepoNotFound")]
    [InlineData("GET", "/api/models/fish/none/refs", "RepoNotFound")]
    [InlineData("GET", "/api/models/none/commits/main", "RepoNotFound")]
    [InlineData("GET", "/api/models/none/auth-check", "RepoNotFound")]
    [InlineData("GET", "/api/models/fish/none/discussions", "RepoNotFound")]
    [InlineData("GET", "/api/models/sst2/commits/step-7", "RevisionNotFound")]
    [InlineData("GET", "/api/models/single/tree/other", "RevisionNotFound")]
    [InlineData("HEAD", "/single/resolve/0123456789012345678901234567890123456789/config.json", "RevisionNotFound")]
    [InlineData("GET", "/api/models/sst2/discussions/3", "EntryNotFound")]
    [InlineData("GET", "/api/models/sst2/what/is/this", "EntryNotFound")]
    [InlineData("GET", "/api/datasets/squad", "RepoNotFound")]
    [InlineData("GET", "/api/datasets/fish/sst2/revision/main", "RepoNotFound")]
    [InlineData("POST", "/api/datasets/fish/sst2/commit/main", "RepoNotFound")]
    [InlineData("HEAD", "/datasets/fish/sst2/resolve/main/README.md", "RepoNotFound")]
    [InlineData("GET", "/datasets/sst2/resolve/main/README.md", "RepoNotFound")]
    [InlineData("GET", "/spaces/fish/sst2/resolve/main/app.py", "RepoNotFound")]
    [InlineData("GET", "/api/spaces", "RepoNotFound")]
    [InlineData("GET", "/api/papers/1706.03762", "EntryNotFound")]
    [InlineData("DELETE", "/api/collections/x", "EntryNotFound")]
    public async Task NotFound_Anywhere_SaysWhatIsMissing(string method, string path, string code)
    {
        await FillAsync();
        using var response = await ExpectAsync(HttpStatusCode.NotFound, AskAsync(new HttpMethod(method), path, await TokenAsync("reader")));
        Assert.Equal(code, Field(response, "X-Error-Code"));
        Assert.NotEmpty(Field(response, "X-Error-Message")!);
        if (method != "HEAD")
        {
            Assert.NotEmpty((await JsonAsync<JsonElement>(response)).GetProperty("error").GetString()!);
        }
    }

    [Theory]
    [InlineData("POST", "/api/repos/create")]
    [InlineData("DELETE", "/api/repos/delete")]
    [InlineData("POST", "/api/repos/move")]
    [InlineData("POST", "/api/models/sst2/preupload/main")]
    [InlineData("POST", "/api/models/fish/sst2/commit/main")]
    [InlineData("POST", "/fish/sst2.git/info/lfs/objects/batch")]
    [InlineData("POST", "/sst2.git/info/lfs/objects/batch")]
    [InlineData("PUT", "/api/models/sst2/settings")]
    [InlineData("POST", "/api/models/sst2/branch/dev")]
    [InlineData("DELETE", "/api/models/sst2/tag/v1")]
    [InlineData("POST", "/api/models/sst2/discussions")]
    [InlineData("POST", "/api/models/fish/sst2/discussions/1/comment")]
    [InlineData("POST", "/api/models/sst2/super-squash/main")]
    [InlineData("POST", "/api/validate-yaml")]
    [InlineData("PUT", "/api/models/sst2")]
    public async Task Write_OfAnyKind_IsRefusedWithASentence(string method, string path)
    {
        await FillAsync();
        using var response = await ExpectAsync(HttpStatusCode.NotImplemented,
            AskAsync(new HttpMethod(method), path, await TokenAsync("reader"), "{}"));
        var problem = await JsonAsync<JsonElement>(response);
        Assert.Equal("NOT_SUPPORTED", problem.GetProperty("code").GetString());
        Assert.EndsWith(".", problem.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(problem.GetProperty("error").GetString(), Field(response, "X-Error-Message"));
    }

    [Fact]
    public async Task Commits_OfATask_AreItsCheckpointsBackwards()
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        using var all = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/sst2/commits/main?limit=1", token));
        Assert.Equal(["step-120"],
            (await JsonAsync<JsonElement>(all)).EnumerateArray().Select(commit => commit.GetProperty("title").GetString()));
        var next = Field(all, "Link")!;
        using var rest = await ExpectAsync(HttpStatusCode.OK,
            AskAsync(HttpMethod.Get, new Uri(next[1..next.IndexOf('>', StringComparison.Ordinal)]).PathAndQuery, token));
        Assert.Equal(["step-100"],
            (await JsonAsync<JsonElement>(rest)).EnumerateArray().Select(commit => commit.GetProperty("title").GetString()));
        using var earlier = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/sst2/commits/released", token));
        Assert.Equal(1, (await JsonAsync<JsonElement>(earlier)).GetArrayLength());
        await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/fish/sst2/auth-check", token));
        await ExpectAsync(HttpStatusCode.Forbidden,
            AskAsync(HttpMethod.Get, "/api/models/sst2/auth-check", await TokenAsync("limited", "big")));
    }

    [Fact]
    public async Task Base_IsARepositoryOfOneCommit()
    {
        await FillAsync();
        var token = await TokenAsync("reader");
        using var described = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/fish/single", token));
        var model = await JsonAsync<JsonElement>(described);
        var sha = model.GetProperty("sha").GetString()!;
        Assert.Equal(
            ["config.json", "model.safetensors", "tokenizer.json"], model.GetProperty("siblings").EnumerateArray().Select(file =>
                file.GetProperty("rfilename").GetString()));
        using var file = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, $"/single/resolve/{sha}/model.safetensors", token));
        Assert.Equal(HubModels.Step(0), await file.Content.ReadAsByteArrayAsync(Stop));
        await ExpectAsync(HttpStatusCode.TemporaryRedirect, AskAsync(HttpMethod.Get, "/single/resolve/main/config.json", token));
        using var refs = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/single/refs", token));
        Assert.Equal(sha, (await JsonAsync<JsonElement>(refs)).GetProperty("branches")[0].GetProperty("targetCommit").GetString());
        using var commits = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/single/commits/main", token));
        Assert.Equal(sha, (await JsonAsync<JsonElement>(commits))[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Base_IsReachedByAKeyOfItsTasks_AndHiddenByATaskOfItsName()
    {
        await FillAsync();
        var limited = await TokenAsync("limited", "big");
        await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, "/api/models/sharded", limited));
        await ExpectAsync(HttpStatusCode.Forbidden, AskAsync(HttpMethod.Get, "/api/models/single", limited));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/sharded", """{"base":"sharded"}"""));
        await ExpectAsync(HttpStatusCode.Forbidden, AskAsync(HttpMethod.Get, "/api/models/sharded", limited));
        Assert.Equal(["fish/big"], await ListAsync("", limited));
    }

    [Theory]
    [InlineData("", "base big empty sharded single sst2")]
    [InlineData("?search=S&limit=2", "base big")]
    [InlineData("?search=SI", "single")]
    [InlineData("?filter=base", "base sharded single")]
    [InlineData("?filter=safetensors&filter=base:single", "empty sst2")]
    [InlineData("?author=google", "")]
    [InlineData("?sort=createdAt&direction=1", "base sharded single big empty sst2", true)]
    [InlineData("?sort=lastModified&direction=-1&filter=base:single", "sst2 empty")]
    [InlineData("?full=true&search=sst", "sst2")]
    public async Task List_SortsAndFilters(string query, string names, bool anyOrder = false)
    {
        await FillAsync();
        var found = await ListAsync(query, await TokenAsync("reader"));
        string[] expected = [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => $"fish/{name}")];
        if (anyOrder)
        {
            Array.Sort(found, StringComparer.Ordinal);
            Array.Sort(expected, StringComparer.Ordinal);
        }

        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task List_InParts_IsTheWholeList()
    {
        await FillAsync();
        var (token, found) = (await TokenAsync("reader"), new List<string>());
        for (var path = "/api/models?limit=2&sort=lastModified"; ;)
        {
            using var response = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, path, token));
            found.AddRange((await JsonAsync<JsonElement>(response)).EnumerateArray().Select(model => model.GetProperty("id").GetString()!));
            if (Field(response, "Link") is not { } next)
            {
                break;
            }

            path = new Uri(next[1..next.IndexOf('>', StringComparison.Ordinal)]).PathAndQuery;
        }

        Assert.Equal(
            ["fish/base", "fish/big", "fish/empty", "fish/sharded", "fish/single", "fish/sst2"], found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("?sort=downloads")]
    [InlineData("?sort=trendingScore&direction=-1")]
    [InlineData("?direction=2")]
    [InlineData("?pipeline_tag=text-generation")]
    [InlineData("?gated=true")]
    [InlineData("?cursor=abc")]
    public async Task List_ByWhatIsNotThere_IsRefusedWithASentence(string query)
    {
        await FillAsync();
        using var response = await ExpectAsync(HttpStatusCode.BadRequest,
            AskAsync(HttpMethod.Get, $"/api/models{query}", await TokenAsync("reader")));
        Assert.NotEmpty(Field(response, "X-Error-Message")!);
        Assert.Null(Field(response, "X-Error-Code"));
    }

    private async Task<string[]> ListAsync(string query, string token)
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, AskAsync(HttpMethod.Get, $"/api/models{query}", token));
        return [.. (await JsonAsync<JsonElement>(response)).EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
    }
}
