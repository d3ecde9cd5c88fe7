using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

public sealed class CollectApiTests : ApiTest
{
    [Fact]
    public async Task Gc_DryThenReal_GivesTheSameList()
    {
        await SaveSomeAsync(5);
        await PutJsonAsync("/v1/tasks/task", """{"base":"base","retention":{"keepLast":1,"keepEvery":3}}""");
        var dry = await JsonAsync<CollectResult>(await ExpectAsync(HttpStatusCode.OK, SendAsync(HttpMethod.Post, "/v1/gc?dryRun=true")));
        Assert.True(dry.DryRun);
        Assert.Equal([1L, 2, 4], dry.Checkpoints.Select(item => item.Step));
        Assert.Equal(5, (await JsonAsync<Page<CheckpointInfo>>(Steps)).Items.Count);
        await using var client = FishClient.Connect(Server.Address);
        var real = await client.Maintenance.CollectAsync(new CollectOptions { Task = "task", MaxTime = TimeSpan.FromHours(1) }, Stop);
        Assert.Equal(dry.Checkpoints.Select(item => item.Step), real.Checkpoints.Select(item => item.Step));
        Assert.Equal([3L, 5], (await JsonAsync<Page<CheckpointInfo>>(Steps)).Items.Select(item => item.Step));
        Assert.Equal(Base.Change(5).ToBytes(), await BytesAsync($"{Steps}/5/model.safetensors"));
    }

    [Fact]
    public async Task Pin_KeepsFromDeletion()
    {
        await SaveSomeAsync(1);
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Put, $"{Steps}/latest/pin"));
        Assert.True((await JsonAsync<CheckpointInfo>($"{Steps}/1")).Pinned);
        await RefusedAsync(HttpStatusCode.Conflict, "CHECKPOINT_PINNED", () => SendAsync(HttpMethod.Delete, $"{Steps}/1"));
        await RefusedAsync(HttpStatusCode.Conflict, "CHECKPOINT_PINNED", () => SendAsync(HttpMethod.Delete, "/v1/tasks/task"));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1/pin"));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1"));
    }

    [Theory]
    [InlineData("?maxTime=0")]
    [InlineData("?maxTime=1e300")]
    [InlineData("?dryRun=maybe")]
    public Task Gc_WhatCannotBe_IsRefused(string query) =>
        RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => SendAsync(HttpMethod.Post, $"/v1/gc{query}"));

    [Theory]
    [InlineData("""{"base":"base","retention":{"keepLast":0}}""")]
    [InlineData("""{"base":"base","retention":{"keepEvery":0}}""")]
    [InlineData("""{"base":"base","retention":{"keepBest":2}}""")]
    [InlineData("""{"base":"base","retention":{"keepWithin":"-1.00:00:00"}}""")]
    public Task Retention_ThatCannotBe_IsRefused(string body) =>
        RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/task", body));

    private async Task SaveSomeAsync(int steps)
    {
        for (var step = 1; step <= steps; step++)
        {
            await ExpectAsync(HttpStatusCode.Created, SaveAsync(step, Base.Change(step)));
        }
    }
}
