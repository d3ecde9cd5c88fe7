using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage;
using Xunit;

namespace FishCheckpoint.Api.Tests.Access;

public sealed class AuditApiTests : AccessTest
{
    [Fact]
    public async Task Writes_AreUnderTheKeysNameAndAddress()
    {
        var key = await AddKeyAsync("writer", KeyScope.Write);
        await SendAsync(
            As(key.Token), HttpMethod.Put, $"{Steps}/2", HttpStatusCode.Created, content: Content(Base.Change(2).ToBytes(), Safetensors));
        var entry = (await AuditAsync())[0];
        Assert.Equal(
            ("checkpoint.save", "task", "task/2", "created", "writer", key.Key.Id, "127.0.0.1"),
            (entry.Operation, entry.Task, entry.Key, entry.Outcome, entry.Caller, entry.KeyId, entry.Address));

        // What the fixture wrote before there was a key; and the key that was made on the folder.
        Assert.Contains(await AuditAsync(), made => made is { Operation: "base.add", Caller: "anonymous" });
        Assert.Contains(
            await AuditAsync(), made => made.Operation == "key.add" && made.Caller.StartsWith("local:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_RequestsOfAKey_AreKept_AndThoseOfNobodyAreNot()
    {
        var reader = await AsNewAsync("reader", KeyScope.Read);
        var before = (await AuditAsync()).Count;
        await SendAsync(As(null), HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Unauthorized);
        await SendAsync(As(KeyToken.Create().Token), HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Unauthorized);
        await SendAsync(reader, HttpMethod.Get, "/v1/tasks/none", HttpStatusCode.NotFound);
        Assert.Equal(before, (await AuditAsync()).Count);
        await SendAsync(reader, HttpMethod.Delete, "/v1/tasks/task", HttpStatusCode.Forbidden);
        await SendAsync(reader, HttpMethod.Get, "/v1/keys", HttpStatusCode.Forbidden);
        var entries = await AuditAsync();
        Assert.Equal(
            [("GET /v1/keys", null, "KEY_FORBIDDEN", "reader"), ("DELETE /v1/tasks/{task}", "task", "KEY_FORBIDDEN", "reader")],
            entries.Take(2).Select(entry => (entry.Operation, entry.Task, entry.Outcome, entry.Caller)));
        Assert.Equal(before + 2, entries.Count);
    }

    [Fact]
    public async Task Refusals_ThatAreEqual_AreWrittenOnce_AndCountedWhenTheLogIsListed()
    {
        var limited = await AsNewAsync("limited", KeyScope.Write, "task");
        for (var time = 0; time < 50; time++)
        {
            await SendAsync(limited, HttpMethod.Get, $"/v1/tasks/secret{time % 5}", HttpStatusCode.Forbidden);
        }

        Assert.Equal([1L, 1L, 1L, 1L, 1L], (await WrittenAsync()).Select(entry => entry.Times));
        var listed = (await AuditAsync()).Where(entry => entry.Last is not null).ToArray();
        Assert.Equal(["secret4", "secret3", "secret2", "secret1", "secret0"], listed.Select(entry => entry.Task));
        Assert.All(listed, entry => Assert.Equal((10L, "127.0.0.1", true), (entry.Times, entry.Address, entry.Last > entry.Time)));
    }

    [Fact]
    public async Task Refusals_ByVeryManyNames_AreBounded_AndCountedWhenTheServerStops()
    {
        var limited = await AsNewAsync("limited", KeyScope.Write, "task");
        for (var time = 0; time < 300; time++)
        {
            await SendAsync(limited, HttpMethod.Get, $"/v1/tasks/secret{time}", HttpStatusCode.Forbidden);
        }

        Assert.Equal(101, (await WrittenAsync()).Length);
        await Server.StopAsync();
        var written = await WrittenAsync();
        Assert.Equal((101, 300L), (written.Length, written.Sum(entry => entry.Times)));
        Assert.Equal((null, "several", 200L), (written[0].Task, written[0].Key, written[0].Times));
    }

    [Fact]
    public async Task List_IsNarrowedDownAndPaged()
    {
        var first = await JsonAsync<Page<AuditEntry>>("/v1/audit?task=task&limit=1");
        var second = await JsonAsync<Page<AuditEntry>>($"/v1/audit?task=task&limit=1&after={first.Next}");
        Assert.Equal(["checkpoint.save", "task.put"], first.Items.Concat(second.Items).Select(entry => entry.Operation));
        Assert.Empty(
            (await JsonAsync<Page<AuditEntry>>(
                $"/v1/audit?since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O"))}")).Items);
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/audit?since=soon"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync("/v1/audit?task=%0a"));
    }

    // As another process sees it.
    private async Task<AuditEntry[]> WrittenAsync()
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Server.DataFolder }, Stop);
        return [.. (await store.Access.ListAuditAsync(new PageRequest(1000), null, null, Stop).ReadPageAsync()).Items.Where(
            entry => entry.Last is not null)];
    }
}
