using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

public sealed class VerifyApiTests : ApiTest, IDisposable
{
    private const string Route = "/v1/maintenance/verify";
    private const string Damage = "/v1/maintenance/damage";
    private const string Backup = "/v1/maintenance/backup";

    private readonly string backups = Directory.CreateTempSubdirectory("fish-backups-").FullName;

    public void Dispose() => Directory.Delete(backups, recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"quick":true,"task":"task","subset":{"part":1,"of":1},"maxBytes":1000000000,"maxTime":"00:10:00"}""")]
    public async Task Verify_FindsAndForgetsDamage(string? body)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var sound = await JsonAsync<VerifyReport>(await ExpectAsync(HttpStatusCode.OK, PostAsync(Route, body)));
        Assert.Equal((true, 1L, 0L), (sound.Finished, sound.Checkpoints, sound.Affected));

        var file = Path.Combine(Server.DataFolder, "bases", Digest.Of(Base.ToBytes()).ToString(), "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        await File.WriteAllBytesAsync(file, bytes[..^1], Stop);
        var damaged = await JsonAsync<VerifyReport>(await ExpectAsync(HttpStatusCode.OK, PostAsync(Route, body)));
        Assert.Equal(["task/1"], Assert.Single(damaged.Damaged).Affected);
        Assert.StartsWith("CORRUPT_BASE", Assert.Single(await JsonAsync<List<KnownDamage>>(Damage)).Problem, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(file, bytes, Stop);
        await ExpectAsync(HttpStatusCode.OK, PostAsync(Route, body));
        Assert.Empty(await JsonAsync<List<KnownDamage>>(Damage));
    }

    [Theory]
    [InlineData("""{"task":"none"}""", HttpStatusCode.NotFound, "TASK_NOT_FOUND")]
    [InlineData("""{"task":"../a"}""", HttpStatusCode.BadRequest, "NAME_INVALID")]
    [InlineData("""{"maxBytes":0}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"subset":{"part":8,"of":7}}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"subset":"3/7"}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    [InlineData("""{"depth":"Full"}""", HttpStatusCode.BadRequest, "REQUEST_INVALID")]
    public async Task Verify_WhatCannotBe_IsRefused(string body, HttpStatusCode status, string code) =>
        await RefusedAsync(status, code, () => PostAsync(Route, body));

    [Fact]
    public async Task Backup_GoesIntoTheFolderForBackups()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        var report = await JsonAsync<BackupReport>(await ExpectAsync(HttpStatusCode.OK, PostAsync(Backup, """{"to":"nightly"}""")));
        Assert.Equal((1L, 1L), (report.Copied, report.Checkpoints));
        Assert.True(File.Exists(Path.Combine(backups, "nightly", "fish.db")));
        Assert.Equal(
            1,
            (await JsonAsync<BackupReport>(
                await ExpectAsync(HttpStatusCode.OK, PostAsync(Backup, """{"to":"nightly","link":true}""")))).Kept);
    }

    [Fact]
    public async Task Backup_WhileAnotherIsUnderWay_IsAConflict()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.OK, PostAsync(Backup, """{"to":"nightly"}"""));
        using (new FileStream(Path.Combine(backups, "nightly", "backup.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await RefusedAsync(HttpStatusCode.Conflict, "BACKUP_BUSY", () => PostAsync(Backup, """{"to":"nightly"}"""));
        }

        // Several at once: each is made or refused, and one is made.
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(Backup, """{"to":"weekly"}""")));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
        {
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Contains("BACKUP_BUSY", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"to":"../elsewhere"}""", "NAME_INVALID")]
    [InlineData("""{"to":"/tmp/elsewhere"}""", "NAME_INVALID")]
    [InlineData("""{"to":".."}""", "NAME_INVALID")]
    [InlineData("""{"to":""}""", "NAME_INVALID")]
    [InlineData("{}", "REQUEST_INVALID")]
    public async Task Backup_AnywhereElse_IsRefused(string body, string code) =>
        await RefusedAsync(HttpStatusCode.BadRequest, code, () => PostAsync(Backup, body));

    [Fact]
    public async Task Backup_WithoutAFolder_IsRefused()
    {
        await using var server = await ApiServer.StartAsync();
        using var response = await server.Client.PostAsync(
            Backup, new StringContent("""{"to":"nightly"}""", System.Text.Encoding.UTF8, "application/json"), Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("BackupFolder", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        null, ("FishCheckpoint:Maintenance:BackupFolder", backups));

    private Task<HttpResponseMessage> PostAsync(string route, string? body) => SendAsync(
        HttpMethod.Post, route, body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
}
