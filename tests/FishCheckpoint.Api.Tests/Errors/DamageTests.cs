using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Storage.Tests;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Errors;

/// <summary>Damage on disk never reaches a client as if it were whole.</summary>
public sealed class DamageTests : ApiTest
{
    private const string Model = Steps + "/1/model.safetensors";

    public static TheoryData<string> StateDamages => [.. StateDamage.Names];

    private TestModel Saved { get; set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Saved = Base.Change(1);
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Saved));
    }

    [Fact]
    public async Task Restore_DamageAtTheFirstByte_IsAProblem()
    {
        var embed = Place("embed.weight");
        Flip(embed.Begin + 5);
        var problem = await RefusedAsync(
            HttpStatusCode.InternalServerError, "CORRUPT_BASE", () => GetAsync(Model, ("Range", $"bytes={embed.Begin}-{embed.Begin + 9}")));
        Assert.Contains("embed.weight", problem.GetProperty("key").GetString(), StringComparison.Ordinal);
        using var whole = await ExpectAsync(HttpStatusCode.InternalServerError, GetAsync($"{Steps}/1/tensors/embed.weight"));
        Assert.False(whole.Headers.Contains("Fish-Dtype"));
    }

    [Fact]
    public async Task Restore_DamageLater_BreaksOff()
    {
        var embed = Place("embed.weight");
        Flip(embed.End - 5);
        using var response = await Client.GetAsync(Model, HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(Stop));
        Assert.False((await JsonAsync<VerifyResult>(await SendAsync(HttpMethod.Post, $"{Steps}/1/verify"))).Sound);
    }

    [Fact]
    public async Task Restore_DamageElsewhere_DoesNotMatter()
    {
        Flip(Place("embed.weight").Begin);
        var (head, dense) = (Place("head.weight"), Saved.ToBytes());
        using var response = await ExpectAsync(
            HttpStatusCode.PartialContent, GetAsync(Model, ("Range", $"bytes={head.Begin}-{head.End - 1}")));
        Assert.Equal(dense[(int)head.Begin..(int)head.End], await response.Content.ReadAsByteArrayAsync(Stop));
    }

    [Theory]
    [MemberData(nameof(StateDamages))]
    public async Task State_Damaged_IsTheServersFault(string damage)
    {
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/1/state", new byte[100_000], "application/octet-stream"));
        StateDamage.Do(damage, Server.DataFolder);
        foreach (var query in new[] { "", "?checked=true" })
        {
            var problem = await RefusedAsync(
                HttpStatusCode.InternalServerError, "CORRUPT_CHECKPOINT", () => GetAsync($"{Steps}/1/state{query}"));
            Assert.Equal("task/1 state", problem.GetProperty("key").GetString());
        }
    }

    private (long Begin, long End) Place(string tensor)
    {
        var stored = Saved.Header.Tensors.Single(item => item.Info.Name == tensor);
        return (stored.Begin + Saved.Header.DataStart, stored.End + Saved.Header.DataStart);
    }

    private void Flip(long offset)
    {
        using var file = File.Open(
            Path.Combine(Server.DataFolder, "bases", Digest.Of(Base.ToBytes()).ToString(), "model.safetensors"), FileMode.Open);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
