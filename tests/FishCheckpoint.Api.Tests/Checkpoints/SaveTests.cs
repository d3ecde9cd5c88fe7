using System.Net;
using System.Security.Cryptography;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Checkpoints;

public sealed class SaveTests : ApiTest
{
    [Fact]
    public async Task Save_FullTwice_IsCreatedThenOk()
    {
        var model = Base.Change(1);
        var created = await ExpectAsync(HttpStatusCode.Created, SaveAsync(10, model));
        Assert.Equal($"{Steps}/10", created.Headers.Location?.OriginalString);
        var info = await JsonAsync<CheckpointInfo>(created);
        Assert.Equal(("task", 10, "base"), (info.Task, info.Step, info.Parent));
        await ExpectAsync(HttpStatusCode.OK, SaveAsync(10, model));
        Assert.Single((await JsonAsync<Page<CheckpointInfo>>(Steps)).Items);
        Assert.Equal(model.ToBytes(), await BytesAsync($"{Steps}/10/model.safetensors"));
    }

    [Fact]
    public async Task Save_EveryForm_GivesTheSameCheckpoint()
    {
        var (first, second) = (Base.Change(1), Base.Change(1).Change(2));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, first));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, second));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/2?parent=previous", second.PatchAgainst(first)));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/2?parent=base", second.PatchAgainst(Base)));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/2?parent=1", second.PatchAgainst(first)));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/2", Tar.Of(("model.safetensors", second.ToBytes())), "application/x-tar"));
        await ExpectAsync(HttpStatusCode.OK, PutAsync($"{Steps}/2", await FramesAsync(second), Frames));
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/3", await FramesAsync(second), Frames));
        Assert.Equal(second.ToBytes(), await BytesAsync($"{Steps}/3/model.safetensors"));
    }

    [Fact]
    public async Task Save_Sharded_GivesEachFileBack()
    {
        var (a, b) = (new TensorInfo("a", DType.F32, [300_000]), new TensorInfo("b", DType.Bool, [77]));
        byte[] Shards(int seed) => Tar.Of(
            ("model-1.safetensors", TestModel.Create(seed, null, a).ToBytes()),
            ("model-2.safetensors", TestModel.Create(seed, null, b).ToBytes()), ("config.json", "{}"u8.ToArray()));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/bases/sharded", Shards(1), "application/x-tar"));
        await ExpectAsync(HttpStatusCode.Created, PutJsonAsync("/v1/tasks/sharded", """{"base":"sharded"}"""));
        await ExpectAsync(HttpStatusCode.Created, PutAsync("/v1/tasks/sharded/checkpoints/1", Shards(2), "application/x-tar"));
        Assert.Equal(
            TestModel.Create(2, null, a).ToBytes(), await BytesAsync("/v1/tasks/sharded/checkpoints/latest/files/model-1.safetensors"));
        Assert.Equal(TestModel.Create(2, null, b).ToBytes(), await BytesAsync("/v1/tasks/sharded/checkpoints/1/files/model-2.safetensors"));
        var files = await JsonAsync<RestoredFile[]>("/v1/tasks/sharded/checkpoints/1/files");
        Assert.Equal(["config.json", "model-1.safetensors", "model-2.safetensors", ShardIndex.FileName], files.Select(file => file.Name));
        Assert.Equal("{}"u8.ToArray(), await BytesAsync("/v1/tasks/sharded/checkpoints/1/files/config.json"));
    }

    [Fact]
    public async Task Save_DigestBaseAndMetrics_AreCheckedAndKept()
    {
        var model = Base.Change(3);
        var hash = SHA256.HashData(model.ToBytes());
        var saved = await ExpectAsync(HttpStatusCode.Created, PutAsync(
            $"{Steps}/1?base={Digest.Of(Base.ToBytes())}", model.PatchAgainst(Base), Safetensors,
            ("Repr-Digest", $"sha-512=:AAAA:, sha-256=:{Convert.ToBase64String(hash)}:"),
            ("Checkpoint-Metrics", """{"loss":0.12,"steps":3}""")));
        var info = await JsonAsync<CheckpointInfo>(saved);
        Assert.Equal((Digest.From(hash), 0.12, 3), (info.FileDigest, info.Metrics["loss"], info.Metrics["steps"]));
        using var restored = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/1/model.safetensors"));
        Assert.Equal($"sha-256=:{Convert.ToBase64String(hash)}:", restored.Headers.GetValues("Repr-Digest").Single());
        await ExpectAsync(
            HttpStatusCode.OK,
            PutAsync($"{Steps}/1?base=base", model.ToBytes(), Safetensors, ("Repr-Digest", $"sha-256={Convert.ToHexString(hash)}")));
    }

    [Fact]
    public async Task Save_RacingWriters_OneWins()
    {
        for (var step = 0; step < 5; step++)
        {
            var models = Enumerable.Range(0, 2).Select(seed => Base.Change((step * 10) + seed)).ToArray();
            var responses = await Task.WhenAll(models.Select(model => SaveAsync(step, model)));
            Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Conflict], responses.Select(response => response.StatusCode).Order());
            var winner = Array.FindIndex(responses, response => response.StatusCode == HttpStatusCode.Created);
            Assert.Contains("STEP_TAKEN", await responses[1 - winner].Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
            Assert.Equal(models[winner].ToBytes(), await BytesAsync($"{Steps}/{step}/model.safetensors"));
        }
    }

    [Fact]
    public async Task Save_SameAtOnce_IsCreatedOnce()
    {
        var model = Base.Change(4);
        var responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SaveAsync(1, model)));
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Created],
            responses.Select(response => response.StatusCode).Order());
    }

    [Fact]
    public async Task List_Delete_Verify()
    {
        for (var step = 1; step <= 5; step++)
        {
            await ExpectAsync(HttpStatusCode.Created, SaveAsync(step, Base.Change(step)));
        }

        var page = await JsonAsync<Page<CheckpointInfo>>($"{Steps}?limit=2&after=2");
        Assert.Equal([3, 4], page.Items.Select(item => item.Step));
        Assert.Equal("4", page.Next);
        await RefusedAsync(HttpStatusCode.BadRequest, "STEP_INVALID", () => GetAsync($"{Steps}?after=x"));
        Assert.True((await JsonAsync<VerifyResult>(await SendAsync(HttpMethod.Post, $"{Steps}/latest/verify"))).Sound);
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/5"));
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => GetAsync($"{Steps}/5/model.safetensors"));
        Assert.Equal(4, (await JsonAsync<CheckpointInfo>($"{Steps}/latest")).Step);
    }

    private async Task<byte[]> FramesAsync(TestModel model)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1000, model));
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/1000/delta", ("Accept", EncodedDelta.MediaType)));
        await ExpectAsync(HttpStatusCode.NoContent, SendAsync(HttpMethod.Delete, $"{Steps}/1000"));
        return await response.Content.ReadAsByteArrayAsync(Stop);
    }
}
