using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Tasks;

public sealed class TasksApiTests : ApiTest
{
    [Fact]
    public async Task Put_Twice_IsCreatedThenOk()
    {
        const string Spec =
            """{"base":"base","description":"d","metadata":{"k":"v"},"tensors":"""
            + """{"head.weight":{"dtype":"F32","shape":[3,17]},"steps":null}}""";
        var created = await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/other", Spec));
        Assert.Equal("/v1/tasks/other", created.Headers.Location?.OriginalString);
        await ExpectAsync(HttpStatusCode.OK, PutJsonAsync("/v1/tasks/other", Spec));
        var info = await JsonAsync<TaskInfo>("/v1/tasks/other");
        Assert.Equal(("d", "v", 2), (info.Description, info.Metadata["k"], info.Tensors.Count));
        await RefusedAsync(HttpStatusCode.Conflict, "TASK_TAKEN", () => PutJsonAsync("/v1/tasks/other", """{"base":"base"}"""));
    }

    [Fact]
    public async Task Put_Wrong_IsRefused()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "BASE_NOT_FOUND", () => PutJsonAsync("/v1/tasks/other", """{"base":"none"}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/other", """{"base":"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/other", "{}"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutJsonAsync("/v1/tasks/other", """{"base":"base","unknown":1}"""));
        await RefusedAsync(
            HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED", () => PutAsync("/v1/tasks/other", [1], "text/plain"));
        await RefusedAsync(
            (HttpStatusCode)422, "TENSOR_UNKNOWN", () => PutJsonAsync("/v1/tasks/other", """{"base":"base","tensors":{"none":null}}"""));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID",
            () => PutJsonAsync("/v1/tasks/other", """{"base":"base","tensors":{"own":{"shape":[3]}}}"""));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID",
            () => PutJsonAsync("/v1/tasks/other", """{"base":"base","tensors":{"own":{"dtype":"F32"}}}"""));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => PutJsonAsync("/v1/tasks/other", """{"from":{"step":1}}"""));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_LongJson_IsRefused(bool chunked)
    {
        var json = $$"""{"base":"base","description":"{{new string('x', 2 << 20)}}"}""";
        var request = new HttpRequestMessage(HttpMethod.Put, "/v1/tasks/other")
        {
            Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
                Headers = { TransferEncodingChunked = chunked },
        };
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "TOO_LARGE", () => Client.SendAsync(request, Stop));
    }

    [Fact]
    public async Task Delete_Task_TakesItsCheckpoints()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, "/v1/tasks/task"));
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => GetAsync($"{Steps}/1"));
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => SendAsync(HttpMethod.Delete, "/v1/tasks/task"));
    }

    [Fact]
    public async Task List_AllTasks_FollowsTheLink()
    {
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/a", """{"base":"base"}"""));
        using var first = await ExpectAsync(HttpStatusCode.OK, GetAsync("/v1/tasks?limit=1"));
        Assert.Equal("</v1/tasks?limit=1&after=a>; rel=\"next\"", first.Headers.GetValues("Link").Single());
        Assert.Equal("task", (await JsonAsync<Page<TaskInfo>>("/v1/tasks?limit=1&after=a")).Items.Single().Name);
    }

    [Fact]
    public async Task Save_WithOwnTensor_Restores()
    {
        await ExpectAsync(
            HttpStatusCode.Created,
            PutJsonAsync("/v1/tasks/own", """{"base":"base","tensors":{"head.weight":{"dtype":"F32","shape":[3,17]}}}"""));
        var model = Base.Change(2).With(new Tensors.TensorInfo("head.weight", Tensors.DType.F32, [3, 17]));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/own/checkpoints/1", model.ToBytes()));
        Assert.Equal(model.ToBytes(), await BytesAsync("/v1/tasks/own/checkpoints/1/model.safetensors"));
        await RefusedAsync((HttpStatusCode)422, "SHAPE_MISMATCH", () => PutAsync("/v1/tasks/own/checkpoints/2", Base.ToBytes()));
    }
}
