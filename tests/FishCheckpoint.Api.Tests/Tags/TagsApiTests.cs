using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Tags;

public sealed class TagsApiTests : ApiTest
{
    private const string Tag = "/v1/tasks/task/tags/good";

    [Fact]
    public async Task Tag_SetMoveRemove()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
        await ExpectAsync(HttpStatusCode.NoContent, PutJsonAsync(Tag, """{"step":1}"""));
        Assert.Equal(Base.Change(1).ToBytes(), await BytesAsync($"{Steps}/good/model.safetensors"));
        await ExpectAsync(HttpStatusCode.NoContent, PutJsonAsync(Tag, """{"step":2}"""));
        var info = await JsonAsync<CheckpointInfo>($"{Steps}/good");
        Assert.Equal((2, "good"), (info.Step, info.Tags.Single()));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, Tag));
        await RefusedAsync(HttpStatusCode.NotFound, "TAG_NOT_FOUND", () => GetAsync($"{Steps}/good"));
        await RefusedAsync(HttpStatusCode.NotFound, "TAG_NOT_FOUND", () => SendAsync(HttpMethod.Delete, Tag));
    }

    [Fact]
    public async Task Tag_Wrong_IsRefused()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => PutJsonAsync(Tag, """{"step":1}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutJsonAsync(Tag, """{"step":-1}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync(Tag, "{}"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutJsonAsync("/v1/tasks/task/tags/latest", """{"step":1}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutJsonAsync("/v1/tasks/task/tags/12", """{"step":1}"""));
    }
}
