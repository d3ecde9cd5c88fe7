using System.Net;
using System.Text;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Api.Tests.Checkpoints;

/// <summary>A checkpoint and its trainer state in one request, as curl sends it with -F.</summary>
public sealed class FormTests : ApiTest
{
    private const string Form = "multipart/form-data; boundary=part";

    [Fact]
    public async Task Save_CheckpointAndState_StoresBoth()
    {
        var model = Base.Change(1);
        var created = await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model.ToBytes()), ("state", "application/octet-stream", [1, 2, 3])), Form));
        Assert.True((await JsonAsync<CheckpointInfo>(created)).StateBytes > 0);
        Assert.Equal(model.ToBytes(), await BytesAsync($"{Steps}/1/model.safetensors"));
        Assert.Equal([1, 2, 3], await BytesAsync($"{Steps}/1/state"));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model.ToBytes()), ("state", "application/octet-stream", [1, 2, 3])), Form));
    }

    [Fact]
    public async Task Save_CheckpointAlone_IsACheckpointWithoutState()
    {
        var tar = Tar.Of(("model.safetensors", Base.Change(2).ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1", Body(("checkpoint", "application/x-tar", tar)), Form));
        await ExpectAsync(HttpStatusCode.NotFound, GetAsync($"{Steps}/1/state"));
    }

    [Fact]
    public async Task Save_OtherState_IsRefused()
    {
        var model = Base.Change(1).ToBytes();
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model), ("state", "application/octet-stream", [1])), Form));
        await RefusedAsync(HttpStatusCode.Conflict, "STATE_TAKEN", () => PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model), ("state", "application/octet-stream", [2])), Form));
    }

    [Fact]
    public async Task Save_FormsOfAnotherShape_AreRefused()
    {
        var checkpoint = ("checkpoint", Safetensors, Base.Change(1).ToBytes());
        var state = ("state", "application/octet-stream", new byte[] { 1 });
        await InvalidAsync(Body());
        await InvalidAsync(Body(state, checkpoint));
        await InvalidAsync(Body(checkpoint, state, state));
        await InvalidAsync(Body(checkpoint, checkpoint));
        await InvalidAsync(Body(checkpoint), "multipart/form-data");
        await InvalidAsync(Body(checkpoint), $"multipart/form-data; boundary={new string('x', 71)}");
        await RefusedAsync(HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED", () => PutAsync($"{Steps}/1", Body(("checkpoint", "image/png", [1])), Form));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () => PutAsync($"{Steps}/1", Body(checkpoint, state)[..^20], Form));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () => PutAsync($"{Steps}/1", Body(checkpoint, state)[..3000], Form));
        var headers = Encoding.ASCII.GetBytes($"--part\r\nContent-Disposition: form-data; name=\"checkpoint\"\r\nX: {new string('y', 100_000)}\r\n\r\n");
        await InvalidAsync(headers);
    }

    private Task InvalidAsync(byte[] body, string type = Form) =>
        RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutAsync($"{Steps}/1", body, type));

    private static byte[] Body(params (string Name, string Type, byte[] Content)[] parts)
    {
        using var body = new MemoryStream();
        foreach (var (name, type, content) in parts)
        {
            body.Write(Encoding.ASCII.GetBytes($"--part\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\nContent-Type: {type}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write("--part--\r\n"u8);
        return body.ToArray();
    }
}
