using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace FishCheckpoint.Api.Tests.Checkpoints;

/// <summary>Everything that is wrong with a save has a code of its own, and changes nothing.</summary>
public sealed class RefusalTests : ApiTest
{
    private const HttpStatusCode Unprocessable = (HttpStatusCode)422;

    [Fact]
    public async Task Base_Wrong_IsRefused()
    {
        var patch = Base.Change(1).PatchAgainst(Base);
        await RefusedAsync(Unprocessable, "BASE_MISMATCH", () => PutAsync($"{Steps}/1?base={new string('0', 64)}", patch));
        await RefusedAsync(HttpStatusCode.NotFound, "BASE_NOT_FOUND", () => PutAsync($"{Steps}/1?base=unknown", patch));
        var other = Base.Change(1).PatchAgainst(Base, new Dictionary<string, string>(StringComparer.Ordinal) { ["base"] = new('0', 64) });
        await RefusedAsync(Unprocessable, "BASE_MISMATCH", () => PutAsync($"{Steps}/1", other));
    }

    [Fact]
    public async Task Model_OtherLayout_IsRefused()
    {
        await RefusedAsync(
            Unprocessable, "DTYPE_MISMATCH", () => SaveAsync(1, Base.With(new TensorInfo("head.weight", DType.I32, [10, 17]))));
        await RefusedAsync(
            Unprocessable, "SHAPE_MISMATCH", () => SaveAsync(1, Base.With(new TensorInfo("head.weight", DType.F32, [17, 10]))));
        await RefusedAsync(Unprocessable, "TENSOR_UNKNOWN", () => SaveAsync(1, Base.With(new TensorInfo("other", DType.F32, [1]))));
        await RefusedAsync(Unprocessable, "TENSOR_MISSING", () => SaveAsync(1, Base.Without("steps")));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "INDEX_UNSORTED", 5L, 3L)]
    [InlineData(HttpStatusCode.BadRequest, "INDEX_REPEATED", 5L, 5L)]
    [InlineData(Unprocessable, "INDEX_OUT_OF_RANGE", 5L, 170L)]
    [InlineData(Unprocessable, "INDEX_OUT_OF_RANGE", -1L, 5L)]
    public Task Patch_BadPositions_IsRefused(HttpStatusCode status, string code, long first, long second) =>
        RefusedAsync(status, code, () => PutAsync($"{Steps}/1", Patch("head.weight", DType.F32, [first, second])));

    [Fact]
    public async Task Patch_BadTensors_IsRefused()
    {
        await RefusedAsync(Unprocessable, "TENSOR_UNKNOWN", () => PutAsync($"{Steps}/1", Patch("other", DType.F32, [1])));
        await RefusedAsync(Unprocessable, "DTYPE_MISMATCH", () => PutAsync($"{Steps}/1", Patch("head.weight", DType.BF16, [1])));
        await RefusedAsync(HttpStatusCode.BadRequest, "PATCH_INVALID", () => PutAsync(
            $"{Steps}/1", TestModel.Patch(null, (new TensorInfo("head.weight.indices", DType.I64, [1]), TestModel.Long(1)))));
        await RefusedAsync(Unprocessable, "SHAPE_MISMATCH", () => PutAsync($"{Steps}/1", TestModel.Patch(
            null, (new TensorInfo("steps.indices", DType.I64, [1]), TestModel.Long(0)),
            (new TensorInfo("steps.values", DType.I64, [2]), new byte[16]))));
        await RefusedAsync(Unprocessable, "TENSOR_MISSING", () => PutAsync($"{Steps}/1", TestModel.Patch(null)));
    }

    [Fact]
    public async Task Header_Hostile_IsRefused()
    {
        await RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, "HEADER_TOO_LARGE",
            () => PutAsync($"{Steps}/1", [.. TestModel.Long(long.MaxValue), 1, 2]));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_TRUNCATED", () => PutAsync($"{Steps}/1", [1, 2, 3]));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_INVALID_START", () => PutAsync($"{Steps}/1", [.. TestModel.Long(2), 65, 66]));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_INVALID_SHAPE", () => PutAsync(
            $"{Steps}/1", Header("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""")));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_INVALID_OFFSETS", () => PutAsync(
            $"{Steps}/1", Header("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")));
        await RefusedAsync(HttpStatusCode.BadRequest, "HEADER_DATA_MISMATCH", () => PutAsync($"{Steps}/1", Base.ToBytes()[..^100]));
    }

    [Fact]
    public async Task Step_Taken_IsRefused()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await RefusedAsync(HttpStatusCode.Conflict, "STEP_TAKEN", () => SaveAsync(1, Base.Change(2)));
        await RefusedAsync(HttpStatusCode.Conflict, "STEP_TAKEN", () => PutAsync($"{Steps}/1", Base.Change(2).PatchAgainst(Base)));
    }

    [Fact]
    public async Task Digest_Wrong_IsRefused()
    {
        var (patch, wrong) = (Base.Change(1).PatchAgainst(Base), $"sha-256={Digest.Of(Base.ToBytes())}");
        await RefusedAsync(Unprocessable, "DIGEST_MISMATCH", () => PutAsync($"{Steps}/1", patch, Safetensors, ("Repr-Digest", wrong)));
        await RefusedAsync(Unprocessable, "DIGEST_MISMATCH", () => PutAsync($"{Steps}/1", patch, Safetensors, ("Content-Digest", wrong)));
        await ExpectAsync(
            HttpStatusCode.Created, PutAsync($"{Steps}/1", patch, Safetensors, ("Content-Digest", $"sha-256={Digest.Of(patch)}")));
    }

    [Fact]
    public async Task Request_Wrong_IsRefused()
    {
        var model = Base.Change(1).ToBytes();
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => PutAsync("/v1/tasks/none/checkpoints/1", model));
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutAsync($"{Steps}/latest", model));
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutAsync($"{Steps}/-1", model));
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutAsync($"{Steps}/9223372036854775808", model));
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => PutAsync($"{Steps}/1?parent=sideways", model));
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => PutAsync($"{Steps}/1?parent=7", model));
        await RefusedAsync(
            HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED", () => PutAsync($"{Steps}/1", model, "application/json"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID",
            () => PutAsync($"{Steps}/1", model, Safetensors, ("Checkpoint-Metrics", """{"loss":"low"}""")));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID", () => PutAsync($"{Steps}/1", model, Safetensors, ("Checkpoint-Metrics", "[1]")));
    }

    [Fact]
    public async Task Body_TooLong_IsRefused()
    {
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "TOO_LARGE", () => PutAsync($"{Steps}/1", new byte[4 << 20]));

        // Without a declared length it is noticed on the way.
        using var chunked = new StreamContent(new MemoryStream(new byte[4 << 20]));
        chunked.Headers.ContentType = new(Safetensors);
        var request = new HttpRequestMessage(HttpMethod.Put, $"{Steps}/1")
        {
            Content = chunked, Headers = { TransferEncodingChunked = true },
        };
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "TOO_LARGE", () => Client.SendAsync(request, Stop));
    }

    [Theory]
    [InlineData("/v1/bases/second")]
    [InlineData(Steps + "/1")]
    [InlineData(Steps + "/0/state")]
    public async Task Body_StopsComing_IsRefused(string path)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(0, Base));
        var before = await HeldAsync();
        var body = Base.ToBytes();
        var answer = await RawHttp.SendAsync(
            Server.Address, $"PUT {path} HTTP/1.1\r\nContent-Type: {Safetensors}\r\nContent-Length: {body.Length}", body[..200],
            finish: false, Stop);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("\"BODY_TRUNCATED\"", answer, StringComparison.Ordinal);
        Assert.Equal(before, await HeldAsync());
    }

    [Theory]
    [InlineData("/v1/bases/second")]
    [InlineData(Steps + "/1")]
    [InlineData(Steps + "/0/state")]
    public async Task Body_BrokenOff_ChangesNothing(string path)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(0, Base));
        var before = await HeldAsync();
        var body = Base.ToBytes();
        var answer = await RawHttp.SendAsync(
            Server.Address, $"PUT {path} HTTP/1.1\r\nContent-Type: {Safetensors}\r\nContent-Length: {body.Length}", body[..^1],
            finish: true, Stop);
        Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);

        // The server closes the connection as it notices, and cleans up right after.
        while (Server.Temporaries.Any())
        {
            await Task.Delay(10, Stop);
        }

        Assert.Equal(before, await HeldAsync());
    }

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        builder => builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(1.1))),
        ("FishCheckpoint:Limits:MaxUploadBytes", "3000000"));

    private static byte[] Header(string json) => [.. TestModel.Long(json.Length), .. System.Text.Encoding.ASCII.GetBytes(json)];

    private static byte[] Patch(string tensor, DType type, long[] positions) => TestModel.Patch(
        null,
        (new TensorInfo($"{tensor}.indices", DType.I64, [positions.Length]), [.. positions.SelectMany(TestModel.Long)]),
        (new TensorInfo($"{tensor}.values", type, [positions.Length]), new byte[positions.Length * DTypes.UnitSizeOf(type)]));
}
