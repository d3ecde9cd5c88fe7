using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

public sealed class AuditApiTests : AccessTest
{
    [Fact]
    public async Task Writes_AreUnderTheKeysNameAndAddress()
    {
        var key = await AddKeyAsync("writer", KeyScope.Write);
        await SendAsync(As(key.Token), HttpMethod.Put, $"{Steps}/2", HttpStatusCode.Created, content: Content(Base.Change(2).ToBytes(), Safetensors));
        var entry = (await AuditAsync())[0];
        Assert.Equal(
            ("checkpoint.save", "task", "task/2", "created", "writer", key.Key.Id, "127.0.0.1"),
            (entry.Operation, entry.Task, entry.Key, entry.Outcome, entry.Caller, entry.KeyId, entry.Address));

        // What the fixture wrote before there was a key; and the key that was made on the folder.
        Assert.Contains(await AuditAsync(), made => made is { Operation: "base.add", Caller: "anonymous" });
        Assert.Contains(await AuditAsync(), made => made.Operation == "key.add" && made.Caller.StartsWith("local:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_WritesOfAKey_AreKept_AndThoseOfNobodyAreNot()
    {
        var reader = await AsNewAsync("reader", KeyScope.Read);
        var before = (await AuditAsync()).Count;
        await SendAsync(As(null), HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Unauthorized);
        await SendAsync(As(KeyToken.Create().Token), HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Unauthorized);
        await SendAsync(reader, HttpMethod.Get, "/v1/keys", HttpStatusCode.Forbidden);
        Assert.Equal(before, (await AuditAsync()).Count);
        await SendAsync(reader, HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Forbidden);
        var entry = (await AuditAsync())[0];
        Assert.Equal(("DELETE /v1/tasks/{task}", "task", "KEY_FORBIDDEN", "reader"), (entry.Operation, entry.Task, entry.Outcome, entry.Caller));
    }

    [Fact]
    public async Task List_IsNarrowedDownAndPaged()
    {
        var first = await JsonAsync<Page<AuditEntry>>("/v1/audit?task=task&limit=1");
        var second = await JsonAsync<Page<AuditEntry>>($"/v1/audit?task=task&limit=1&after={first.Next}");
        Assert.Equal(["checkpoint.save", "task.put"], first.Items.Concat(second.Items).Select(entry => entry.Operation));
        Assert.Empty((await JsonAsync<Page<AuditEntry>>($"/v1/audit?since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O"))}")).Items);
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/audit?since=soon"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync("/v1/audit?task=%0a"));
    }
}
