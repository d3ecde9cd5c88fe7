using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

public sealed class ScopeTests : AccessTest
{
    [Fact]
    public async Task ReadKey_ReadsEverythingAndWritesNothing()
    {
        var reader = await AsNewAsync("reader", KeyScope.Read);
        foreach (var path in (string[])[
            "/v1/tasks", "/v1/bases", "/v1/bases/base/model.safetensors", $"{Steps}/1/model.safetensors", $"{Steps}/1/delta",
            "/v1/reports/storage"])
        {
            await SendAsync(reader, HttpMethod.Get, path, HttpStatusCode.OK);
        }

        await SendAsync(reader, HttpMethod.Post, $"{Steps}/1/verify", HttpStatusCode.OK);
        using var refused = await SendAsync(
            reader, HttpMethod.Put, $"{Steps}/2", HttpStatusCode.Forbidden, "KEY_FORBIDDEN",
            Content(Base.Change(2).ToBytes(), Safetensors));
        Assert.Contains("insufficient_scope", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        await SendAsync(reader, HttpMethod.Delete, $"{Steps}/1", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        await SendAsync(
            reader, HttpMethod.Put, "/v1/tasks/task/tags/good", HttpStatusCode.Forbidden, "KEY_FORBIDDEN", Json("""{"step":1}"""));
        await SendAsync(reader, HttpMethod.Put, "/v1/tasks/new", HttpStatusCode.Forbidden, "KEY_FORBIDDEN", Json("""{"base":"base"}"""));
    }

    [Fact]
    public async Task WriteKey_WritesAndDeletesCheckpoints_ButNeitherTasksNorKeys()
    {
        var writer = await AsNewAsync("writer", KeyScope.Write);
        await SendAsync(writer, HttpMethod.Put, "/v1/tasks/new", HttpStatusCode.Created, content: Json("""{"base":"base"}"""));
        await SendAsync(
            writer, HttpMethod.Put, $"{Steps}/2", HttpStatusCode.Created, content: Content(Base.Change(2).ToBytes(), Safetensors));
        await SendAsync(writer, HttpMethod.Delete, $"{Steps}/2", HttpStatusCode.NoContent);
        foreach (var (method, path) in ((HttpMethod, string)[])[
            (HttpMethod.Delete, "/v1/tasks/new"), (HttpMethod.Put, "/v1/tasks/task/quota"), (HttpMethod.Get, "/v1/keys"),
            (HttpMethod.Post, "/v1/keys"),
            (HttpMethod.Delete, "/v1/keys/root"), (HttpMethod.Get, "/v1/audit"), (HttpMethod.Post, "/v1/maintenance/recode")])
        {
            await SendAsync(writer, method, path, HttpStatusCode.Forbidden, "KEY_FORBIDDEN", method == HttpMethod.Get ? null : Json("{}"));
        }
    }

    [Fact]
    public async Task LimitedKey_LearnsNothingOfOtherBasesAndTasks()
    {
        var other = Contract.TestModel.Create(77);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/secret", other.ToBytes()));
        var id = (await JsonAsync<BaseInfo>("/v1/bases/secret")).Id;
        var limited = await AsNewAsync("limited", KeyScope.Write, "ta*");
        var answers = new List<string>();
        foreach (var name in new[] { "secret", "none00", $"{id}", new string('a', 64) })
        {
            answers.Add(
                await RefusalAsync(limited, HttpMethod.Put, $"{Steps}/2?base={name}", Content(Base.Change(2).ToBytes(), Safetensors)));
            answers.Add(await RefusalAsync(limited, HttpMethod.Put, "/v1/tasks/task", Json($$"""{"base":"{{name}}"}""")));
            answers.Add(await RefusalAsync(limited, HttpMethod.Put, "/v1/tasks/tail", Json($$"""{"base":"{{name}}"}""")));
            answers.Add(await RefusalAsync(limited, HttpMethod.Get, $"/v1/bases/{name}", null));
            answers.Add(await RefusalAsync(limited, HttpMethod.Get, $"/v1/bases/{name}/reports/storage", null));
        }

        foreach (var name in new[] { "other", "none00" })
        {
            answers.Add(
                await RefusalAsync(limited, HttpMethod.Put, "/v1/tasks/task", Json($$$"""{"from":{"task":"{{{name}}}","step":1}}""")));
        }

        Assert.Single(answers.Distinct(StringComparer.Ordinal));

        // Its own base it reaches, but not what others keep on it.
        await SendAsync(
            limited, HttpMethod.Put, $"{Steps}/2?base=base", HttpStatusCode.Created, null, Content(Base.Change(2).ToBytes(), Safetensors));
        await SendAsync(limited, HttpMethod.Get, "/v1/bases/base/reports/storage", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        await SendAsync(limited, HttpMethod.Get, "/v1/reports/growth?base=base", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        await SendAsync(limited, HttpMethod.Get, "/v1/tasks/task/reports/storage", HttpStatusCode.OK);
    }

    // Without what the request itself says.
    private static async Task<string> RefusalAsync(HttpClient client, HttpMethod method, string path, HttpContent? content)
    {
        using var refused = await SendAsync(client, method, path, HttpStatusCode.Forbidden, "KEY_FORBIDDEN", content);
        var problem = System.Text.Json.JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Stop)).RootElement;
        return $"{problem.GetProperty("key")} {problem.GetProperty("cause")} {problem.GetProperty("hint")}";
    }

    [Fact]
    public async Task LimitedKey_GetsNothingOfAnotherTask_ByBranchingOrComparing()
    {
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/secret", """{"base":"base"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/secret/checkpoints/1", Base.Change(9).ToBytes()));
        using var nothing = await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks/secret/checkpoints/1/delta?from=1"));
        var empty = await nothing.Content.ReadAsByteArrayAsync(Stop);
        var limited = await AsNewAsync("limited", KeyScope.Write, "ta*");
        foreach (var other in (string[])["secret:1", "secret:2", "none:1"])
        {
            await SendAsync(
                limited, HttpMethod.Put, $"{Steps}/2?parent={other}", HttpStatusCode.Forbidden, "KEY_FORBIDDEN",
                Content(empty, Safetensors));
            await SendAsync(limited, HttpMethod.Get, $"{Steps}/1/delta?from={other}", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
            await SendAsync(limited, HttpMethod.Get, $"{Steps}/1/diff?from={other}", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        }

        await SendAsync(limited, HttpMethod.Get, $"{Steps}/1/delta?from=task:1", HttpStatusCode.OK);
        var writer = await AsNewAsync("writer", KeyScope.Write);
        await SendAsync(writer, HttpMethod.Get, $"{Steps}/1/delta?from=secret:1", HttpStatusCode.OK);
        await SendAsync(writer, HttpMethod.Put, $"{Steps}/2?parent=secret:1", HttpStatusCode.Created, content: Content(empty, Safetensors));
    }

    [Fact]
    public async Task LimitedKey_SeesItsTasksOnly()
    {
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/secret", Base.Change(5).ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/secret", """{"base":"secret"}"""));
        var limited = await AsNewAsync("limited", KeyScope.Write, "ta*");

        Assert.Equal(["task"], (await TasksAsync(limited)).Items.Select(task => task.Name));
        Assert.DoesNotContain("secret", await limited.GetStringAsync("/v1/bases", Stop), StringComparison.Ordinal);
        foreach (var path in
            (string[])["/v1/tasks/task", $"{Steps}/1/model.safetensors", "/v1/tasks/task/reports/storage", "/v1/bases/base"])
        {
            await SendAsync(limited, HttpMethod.Get, path, HttpStatusCode.OK);
        }

        // What is not its own is refused alike, be it there or not.
        foreach (var path in (string[])[
            "/v1/tasks/other", "/v1/tasks/none", "/v1/tasks/other/checkpoints", "/v1/tasks/other/reports/storage", "/v1/reports/storage",
            "/v1/bases/secret",
            "/v1/bases/secret/model.safetensors", "/v1/bases/none"])
        {
            await SendAsync(limited, HttpMethod.Get, path, HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        }

        await SendAsync(
            limited, HttpMethod.Put, $"{Steps}/2", HttpStatusCode.Created, content: Content(Base.Change(2).ToBytes(), Safetensors));
        await SendAsync(
            limited, HttpMethod.Put, "/v1/tasks/task", HttpStatusCode.OK, content: Json("""{"base":"base","description":"mine"}"""));
        await SendAsync(limited, HttpMethod.Put, "/v1/tasks/tab", HttpStatusCode.Forbidden, "KEY_FORBIDDEN", Json("""{"base":"secret"}"""));
        await SendAsync(
            limited, HttpMethod.Put, "/v1/bases/mine", HttpStatusCode.Forbidden, "KEY_FORBIDDEN", Content(Base.ToBytes(), Safetensors));
        await SendAsync(
            limited, HttpMethod.Put, "/v1/tasks/other/checkpoints/1", HttpStatusCode.Forbidden, "KEY_FORBIDDEN",
            Content(Base.ToBytes(), Safetensors));
    }

    [Fact]
    public async Task LimitedAdmin_DeletesItsTasks_AndHasNothingOfTheStore()
    {
        var admin = await AsNewAsync("admin", KeyScope.Admin, "other");
        await SendAsync(admin, HttpMethod.Put, "/v1/tasks/other/quota", HttpStatusCode.OK, content: Json("""{"bytes":1000}"""));
        await SendAsync(admin, HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        await SendAsync(admin, HttpMethod.Delete, "/v1/tasks/other", HttpStatusCode.NoContent);
        await SendAsync(admin, HttpMethod.Get, "/v1/keys", HttpStatusCode.Forbidden, "KEY_FORBIDDEN");
        await SendAsync(admin, HttpMethod.Post, "/v1/maintenance/recode", HttpStatusCode.Forbidden, "KEY_FORBIDDEN", Json("{}"));
    }

    [Fact]
    public async Task LimitedKey_Lists_AreFullPagesInOrder()
    {
        for (var index = 0; index < 30; index++)
        {
            await ExpectAsync(
                HttpStatusCode.Created,
                PutJsonAsync($"/v1/tasks/{(index % 3 == 0 ? "mine" : "theirs")}-{index:D2}", """{"base":"base"}"""));
        }

        var limited = await AsNewAsync("limited", KeyScope.Read, "mine-*");
        var (seen, after) = (new List<string>(), (string?)null);
        do
        {
            var page = await TasksAsync(limited, $"?limit=3{(after is null ? "" : $"&after={after}")}");
            Assert.True(page.Items.Count == 3 || page.Next is null);
            seen.AddRange(page.Items.Select(task => task.Name));
            after = page.Next;
            Assert.True(after?.StartsWith("mine-", StringComparison.Ordinal) != false);
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, 10).Select(index => $"mine-{index * 3:D2}"), seen);
    }

    [Theory]
    [InlineData("/v1/tasks/ta%73k")]
    [InlineData("/v1/tasks/task%2f..%2fother")]
    [InlineData("/v1/tasks/task/../other")]
    [InlineData("/v1//tasks/other")]
    [InlineData("/V1/TASKS/other")]
    [InlineData("/v1/tasks/OTHER")]
    [InlineData("/v1/tasks/other/")]
    [InlineData("/v1/tasks/othe%72")]
    public async Task LimitedKey_HoweverThePathIsSpelled_ReadsNoOtherTask(string path)
    {
        var token = (await AddKeyAsync("limited", KeyScope.Read, ["task"])).Token;
        var answer = await Support.RawHttp.SendAsync(
            Server.Address, $"GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}", [], finish: false, Stop);
        Assert.DoesNotContain("\"name\":\"other\"", answer, StringComparison.Ordinal);
        Assert.Matches("^HTTP/1.1 (200|400|403|404)", answer);
        Assert.Equal(path.EndsWith("ta%73k", StringComparison.Ordinal), answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal));
    }

    private static async Task<Page<TaskInfo>> TasksAsync(HttpClient client, string query = "") =>
        await JsonAsync<Page<TaskInfo>>(await SendAsync(client, HttpMethod.Get, $"/v1/tasks{query}", HttpStatusCode.OK));
}
