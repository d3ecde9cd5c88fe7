using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.State;

public sealed class StateApiTests : ApiTest
{
    private const string State = Steps + "/1/state";

    [Fact]
    public async Task State_PutAndGet_IsTheSameBytes()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var state = new byte[700_000];
        new Random(1).NextBytes(state.AsSpan(0, 100_000));
        var digest = $"sha-256={Digest.Of(state)}";
        await RefusedAsync(HttpStatusCode.NotFound, "STATE_NOT_FOUND", () => GetAsync(State));
        var created =
            await ExpectAsync(HttpStatusCode.Created, PutAsync(State, state, "application/octet-stream", ("Content-Digest", digest)));
        var info = await JsonAsync<TrainerStateInfo>(created);
        Assert.Equal((state.LongLength, Digest.Of(state)), (info.Bytes, info.Sha256));
        await ExpectAsync(HttpStatusCode.OK, PutAsync(State, state, "application/octet-stream"));
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/latest/state"));
        Assert.Equal(state.LongLength, response.Content.Headers.ContentLength);
        Assert.Equal(state, await response.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task State_Wrong_IsRefused()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => PutAsync(State, [1]));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await RefusedAsync(
            (HttpStatusCode)422, "DIGEST_MISMATCH", () =>
                PutAsync(State, [1], "application/octet-stream", ("Content-Digest", $"sha-256={new string('0', 64)}")));
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "TOO_LARGE", () => PutAsync(State, new byte[1_000_001]));
        await ExpectAsync(HttpStatusCode.Created, PutAsync(State, [1]));
        await RefusedAsync(HttpStatusCode.Conflict, "STATE_TAKEN", () => PutAsync(State, [2]));
    }

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(null, ("FishCheckpoint:Limits:MaxStateBytes", "1000000"));
}
