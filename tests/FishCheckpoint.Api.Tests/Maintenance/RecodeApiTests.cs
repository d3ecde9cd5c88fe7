using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

public sealed class RecodeApiTests : ApiTest
{
    private const string Route = "/v1/maintenance/recode";
    private const string Model = "/v1/tasks/trained/checkpoints/1/model.safetensors";

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"task":"trained","maxBytes":1000000,"maxTime":"00:10:00"}""")]
    public async Task Recode_GivesTheSameBytesAndTags(string? body)
    {
        var model = VariedSaves.Trained(1);
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/weights", VariedSaves.Weights().ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/trained", """{"base":"weights"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/trained/checkpoints/1", model.ToBytes()));
        using var before = await ExpectAsync(HttpStatusCode.OK, GetAsync(Model));
        var result = await JsonAsync<RecodeResult>(await ExpectAsync(HttpStatusCode.OK, PostAsync(body)));
        Assert.Equal((1, 0, 0, true), (result.Recoded, result.Kept, result.Skipped, result.Finished));
        Assert.InRange(result.BytesAfter, 1, result.BytesBefore - 1);
        using var after = await ExpectAsync(HttpStatusCode.OK, GetAsync(Model));
        Assert.Equal(before.Headers.ETag, after.Headers.ETag);
        Assert.Equal(model.ToBytes(), await after.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(0, (await JsonAsync<RecodeResult>(await ExpectAsync(HttpStatusCode.OK, PostAsync(body)))).Recoded);
    }

    [Theory]
    [InlineData("""{"task":"none"}""", HttpStatusCode.NotFound, "TASK_NOT_FOUND")]
    [InlineData("""{"task":"../a"}""", HttpStatusCode.BadRequest, "NAME_INVALID")]
    [InlineData("""{"maxBytes":0}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"maxTime":"-00:00:01"}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"maxTime":5}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"effort":"Small"}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    public async Task Recode_WhatCannotBe_IsRefused(string body, HttpStatusCode status, string code)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await RefusedAsync(status, code, () => PostAsync(body));
    }

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(null, ("FishCheckpoint:Compression:Effort", "Fast"));

    private Task<HttpResponseMessage> PostAsync(string? body) => SendAsync(
        HttpMethod.Post, Route, body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
}
