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
        var created =
            await ExpectAsync(HttpStatusCode.Created,
                PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model.ToBytes()), ("state", "application/octet-stream", [1, 2, 3])),
                    Form));
        Assert.True((await JsonAsync<CheckpointInfo>(created)).TrainerStateBytes > 0);
        Assert.Equal(model.ToBytes(), await BytesAsync($"{Steps}/1/model.safetensors"));
        Assert.Equal([1, 2, 3], await BytesAsync($"{Steps}/1/state"));
        await ExpectAsync(HttpStatusCode.OK,
            PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model.ToBytes()), ("state", "application/octet-stream", [1, 2, 3])),
                Form));
    }

    [Fact]
    public async Task Save_CheckpointAlone_IsACheckpointWithoutState()
    {
        var tar = Tar.Of(("model.safetensors", Base.Change(2).ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1", Body(("checkpoint", "application/x-tar", tar)), Form));
        await ExpectAsync(HttpStatusCode.NotFound, GetAsync($"{Steps}/1/state"));
    }

    [Fact]
    public async Task Save_Info_KeepsMetricsAndMetadata()
    {
        var model = Base.Change(3).ToBytes();
        var info = Encoding.UTF8.GetBytes(
            """{"metrics":{"loss":"NaN","top":"Infinity","low":"-Infinity","épreuve":0.5},"metadata":{"run":"a\u0000b"}}""");
        var body = Body(("checkpoint", Safetensors, model), ("info", "application/json", info), ("state", "application/octet-stream", [7]));
        var saved = await JsonAsync<CheckpointInfo>(
            await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1", body, Form, ("Checkpoint-Metrics", """{"loss":1}"""))));
        Assert.Equal((double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.5),
            (saved.Metrics["loss"], saved.Metrics["top"], saved.Metrics["low"], saved.Metrics["épreuve"]));
        Assert.Equal("a\0b", (await JsonAsync<CheckpointInfo>($"{Steps}/1")).Metadata["run"]);
        Assert.Equal([7], await BytesAsync($"{Steps}/1/state"));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/1", body, Form));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"metrics":{"loss":"low"}}""")]
    [InlineData("""{"metrics":{"loss":null}}""")]
    [InlineData("""{"metrics":{"loss":1,"loss":2}}""")]
    [InlineData("""{"metadata":{"run":1}}""")]
    [InlineData("""{"metadata":{"run":null}}""")]
    [InlineData("""{"metric":{}}""")]
    [InlineData("""{"metrics":{"":1}}""")]
    public async Task Save_InfoThatIsNone_IsRefused(string json) =>
        await InvalidAsync(
            Body(("checkpoint", Safetensors, Base.Change(1).ToBytes()), ("info", "application/json", Encoding.UTF8.GetBytes(json))));

    [Fact]
    public async Task Save_InfoTooLong_IsRefused()
    {
        var info = Encoding.UTF8.GetBytes(
            """{"metadata":{"notes":"?"}}""".Replace("?", new string('x', SaveInfo.MaxBytes), StringComparison.Ordinal));
        await RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, "TOO_LARGE",
            () => PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, Base.Change(1).ToBytes()), ("info", "application/json", info)),
                Form));
    }

    [Fact]
    public async Task Save_Overwrite_ReplacesOtherContent()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await RefusedAsync(HttpStatusCode.Conflict, "STEP_TAKEN", () => PutAsync($"{Steps}/1?overwrite=false", Base.Change(2).ToBytes()));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1?overwrite=true", Base.Change(2).ToBytes()));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/1?overwrite=true", Base.Change(2).ToBytes()));
        Assert.Equal(Base.Change(2).ToBytes(), await BytesAsync($"{Steps}/1/model.safetensors"));
        await ExpectAsync(HttpStatusCode.BadRequest, PutAsync($"{Steps}/1?overwrite=maybe", Base.Change(3).ToBytes()));
    }

    [Fact]
    public async Task Save_OtherState_IsRefused()
    {
        var model = Base.Change(1).ToBytes();
        await ExpectAsync(HttpStatusCode.Created,
            PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model), ("state", "application/octet-stream", [1])), Form));
        await RefusedAsync(HttpStatusCode.Conflict, "STATE_TAKEN", () =>
            PutAsync($"{Steps}/1", Body(("checkpoint", Safetensors, model), ("state", "application/octet-stream", [2])), Form));
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
        var info = ("info", "application/json", "{}"u8.ToArray());
        await InvalidAsync(Body(info, checkpoint));
        await InvalidAsync(Body(checkpoint, info, info));
        await InvalidAsync(Body(checkpoint, ("other", "text/plain", [1])));
        await InvalidAsync(Body(checkpoint), "multipart/form-data");
        await InvalidAsync(Body(checkpoint), $"multipart/form-data; boundary={new string('x', 71)}");
        await RefusedAsync(HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED", () =>
            PutAsync($"{Steps}/1", Body(("checkpoint", "image/png", [1])), Form));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () => PutAsync($"{Steps}/1", Body(checkpoint, state)[..^20], Form));
        await RefusedAsync(HttpStatusCode.BadRequest, "BODY_TRUNCATED", () =>
            PutAsync($"{Steps}/1", Body(checkpoint, state)[..3000], Form));
        var headers =
            Encoding.ASCII.GetBytes(
                $"--part\r\nContent-Disposition: form-data; name=\"checkpoint\"\r\nX: {new string('y', 100_000)}\r\n\r\n");
        await InvalidAsync(headers);
    }

    private Task InvalidAsync(byte[] body, string type = Form) =>
        RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutAsync($"{Steps}/1", body, type));

    private static byte[] Body(params (string Name, string Type, byte[] Content)[] parts)
    {
        using var body = new MemoryStream();
        foreach (var (name, type, content) in parts)
        {
            body.Write(Encoding.ASCII.GetBytes(
                $"--part\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\nContent-Type: {type}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write("--part--\r\n"u8);
        return body.ToArray();
    }
}
