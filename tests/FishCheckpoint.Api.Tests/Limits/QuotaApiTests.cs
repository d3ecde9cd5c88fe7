using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Access;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

public sealed class QuotaApiTests : AccessTest
{
    [Fact]
    public async Task Key_ThatWouldPassItsQuota_Is507AndStoresNothing()
    {
        var key = await AddKeyAsync("small", KeyScope.Write, quota: 10);
        using var refused = await SendAsync(
            As(key.Token), HttpMethod.Put, $"{Steps}/2", HttpStatusCode.InsufficientStorage, "QUOTA_EXCEEDED",
            Content(Base.Change(2).ToBytes(), Safetensors));
        await SendAsync(Client, HttpMethod.Get, $"{Steps}/2", HttpStatusCode.NotFound);
        Assert.Equal(
            ("PUT /v1/tasks/{task}/checkpoints/{step}", "QUOTA_EXCEEDED"),
            ((await AuditAsync())[0].Operation, (await AuditAsync())[0].Outcome));
    }

    [Fact]
    public async Task Key_WithoutAnythingLeft_NeedNotSendABody()
    {
        var key = await AddKeyAsync("none", KeyScope.Write, quota: 0);
        var answer = await Support.RawHttp.SendAsync(
            Server.Address,
            $"PUT {Steps}/2 HTTP/1.1\r\nAuthorization: Bearer {key.Token}\r\nContent-Type: {Safetensors}\r\nContent-Length: 100000", [],
            finish: false, Stop);
        Assert.StartsWith("HTTP/1.1 507", answer, StringComparison.Ordinal);
        Assert.Contains("\"QUOTA_EXCEEDED\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Task_Quota_IsSetShownAndKept()
    {
        var task = await JsonAsync<TaskInfo>(await ExpectAsync(HttpStatusCode.OK, PutJsonAsync("/v1/tasks/task/quota", """{"bytes":1}""")));
        Assert.Equal((1, 1), (task.QuotaBytes, (await JsonAsync<TaskInfo>("/v1/tasks/task")).QuotaBytes));
        await RefusedAsync(HttpStatusCode.InsufficientStorage, "QUOTA_EXCEEDED", () => SaveAsync(2, Base.Change(2)));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/task/quota", """{"bytes":-1}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/task/quota", """{"bytes":1e30}"""));
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => PutJsonAsync("/v1/tasks/none/quota", """{"bytes":1}"""));
        await ExpectAsync(HttpStatusCode.OK, PutJsonAsync("/v1/tasks/task/quota", """{"bytes":null}"""));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
    }
}
