using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

public sealed class FoldApiTests : ApiTest
{
    private const string Route = "/v1/maintenance/fold";

    [Theory]
    [InlineData("""{"maxReadCost":1.01}""")]
    [InlineData("""{"task":"task","maxBytes":100000000,"maxTime":"00:10:00","maxReadCost":1.01}""")]
    public async Task Fold_GivesTheSameBytesAndTags(string body)
    {
        var models = new List<Contract.TestModel> { Base };
        for (var step = 1; step <= 4; step++)
        {
            models.Add(models[^1].Change(step, 0.02));
            await ExpectAsync(
                HttpStatusCode.Created,
                PutAsync($"/v1/tasks/task/checkpoints/{step}?parent=previous", models[^1].PatchAgainst(models[^2])));
        }

        const string Last = "/v1/tasks/task/checkpoints/4/model.safetensors";
        using var before = await ExpectAsync(HttpStatusCode.OK, GetAsync(Last));
        var result = await JsonAsync<FoldResult>(await ExpectAsync(HttpStatusCode.OK, PostAsync(body)));
        Assert.InRange(result.Folded, 1, 3);
        Assert.InRange(result.ReadAfter, 1, result.ReadBefore - 1);
        using var after = await ExpectAsync(HttpStatusCode.OK, GetAsync(Last));
        Assert.Equal(before.Headers.ETag, after.Headers.ETag);
        Assert.Equal(models[4].ToBytes(), await after.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(0, (await JsonAsync<FoldResult>(await ExpectAsync(HttpStatusCode.OK, PostAsync(null)))).Folded);
    }

    [Theory]
    [InlineData("""{"task":"none"}""", HttpStatusCode.NotFound, "TASK_NOT_FOUND")]
    [InlineData("""{"task":"../a"}""", HttpStatusCode.BadRequest, "NAME_INVALID")]
    [InlineData("""{"maxBytes":0}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"maxTime":"-00:00:01"}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"maxReadCost":0.9}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"depth":3}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    public async Task Fold_WhatCannotBe_IsRefused(string body, HttpStatusCode status, string code) =>
        await RefusedAsync(status, code, () => PostAsync(body));

    [Theory]
    [InlineData("FishCheckpoint:Maintenance:FoldEvery", "-00:00:01")]
    [InlineData("FishCheckpoint:Maintenance:FoldMaxBytes", "0")]
    [InlineData("FishCheckpoint:Maintenance:FoldMaxTime", "00:00:00")]
    [InlineData("FishCheckpoint:Chains:MaxReadCost", "0.5")]
    public async Task Settings_ThatCannotBe_AreRefusedAtTheStart(string key, string value)
    {
        var error = await Assert.ThrowsAsync<FishException>(() => ApiServer.StartAsync(null, (key, value)));
        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
    }

    private Task<HttpResponseMessage> PostAsync(string? body) => SendAsync(
        HttpMethod.Post, Route, body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
}
