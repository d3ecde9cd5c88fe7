using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class KeyCommandTests : CommandTest
{
    [Fact]
    public async Task Add_OnAFolder_ShowsTheTokenAloneOnce_AndAServerTakesIt()
    {
        await PrepareAsync();
        (await FishOverHttpAsync("ls")).Succeeded();
        var added = await FishAsync("key", "add", "root", "--scope", "admin");
        Assert.Equal(0, added.Exit);
        var token = added.Output.TrimEnd();
        Assert.True(KeyToken.TryParse(token, out _, out _));
        Assert.Contains("cannot be shown again", added.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(token, added.Error, StringComparison.Ordinal);

        // The server that runs asks for it from now on.
        (await FishOverHttpAsync("ls")).Failed(10, "KEY_REQUIRED");
        (await FishOverHttpAsync("ls", "--key", KeyToken.Create().Token)).Failed(10, "KEY_INVALID");
        Assert.Equal(2, (await FishOverHttpAsync("ls", "task", "--json", "--key", token)).Json<List<CheckpointInfo>>().Count);
        (await FishAsync("ls")).Succeeded();
    }

    [Fact]
    public async Task Add_WithLimits_IsWhatLsShows()
    {
        await PrepareAsync();
        var made =
            (
                await FishAsync(
                    "key", "add", "trainer", "--scope", "write", "--task", "sst2", "--task", "team-*", "--expires", "30d", "--quota",
                    "1.5GB", "--json")).Json<NewKey>();
        var key = Assert.Single((await FishAsync("key", "ls", "--json")).Json<List<KeyInfo>>());
        Assert.Equivalent(made.Key, key, strict: true);
        Assert.Equal(["sst2", "team-*"], key.Tasks);
        Assert.Equal((KeyScope.Write, 1_500_000_000), (key.Scope, key.QuotaBytes));
        Assert.Equal(30, (key.Expires!.Value - key.Created).TotalDays, 0.01);
        Assert.Contains("trainer", (await FishAsync("key", "ls")).Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Token[^43..], (await FishAsync("key", "ls")).Output, StringComparison.Ordinal);
        (await FishAsync("key", "revoke", "trainer")).Succeeded();
        (await FishAsync("key", "revoke", "trainer")).Failed(4, "KEY_NOT_FOUND trainer");
    }

    [Fact]
    public async Task Keys_OverHttp_AreAnAdminsMatter()
    {
        await PrepareAsync();
        var root = (await FishAsync("key", "add", "root", "--scope", "admin")).Output.TrimEnd();
        var reader = (await FishOverHttpAsync("key", "add", "reader", "--scope", "read", "--json", "--key", root)).Json<NewKey>();
        (await FishOverHttpAsync("key", "ls", "--key", reader.Token)).Failed(10, "KEY_FORBIDDEN key reader");
        (await FishOverHttpAsync("rm", "task", "10", "--key", reader.Token)).Failed(10, "KEY_FORBIDDEN key reader");
        (await FishOverHttpAsync("key", "revoke", "reader", "--key", root)).Succeeded();
        (await FishOverHttpAsync("ls", "--key", reader.Token)).Failed(10, "KEY_INVALID");
    }

    [Fact]
    public async Task Audit_SaysWhoDidWhat()
    {
        await PrepareAsync();
        var root = (await FishAsync("key", "add", "root", "--scope", "admin")).Output.TrimEnd();
        (await FishOverHttpAsync("rm", "task", "10", "--key", root)).Succeeded();
        var entries = (await FishAsync("audit", "--task", "task", "--since", "1d", "--json")).Json<List<AuditEntry>>();
        Assert.Equal(["checkpoint.delete", "checkpoint.save", "checkpoint.save", "task.put"], entries.Select(entry => entry.Operation));
        Assert.Equal("root", entries[0].Caller);
        Assert.Equal($"local:{Environment.UserName}", entries[1].Caller);
        Assert.Contains(
            "checkpoint.delete", (await FishOverHttpAsync("audit", "--key", root)).Succeeded().Output, StringComparison.Ordinal);
        Assert.Empty((await FishOverHttpAsync("audit", "--since", "2100-01-01", "--json", "--key", root)).Json<List<AuditEntry>>());
        (await FishAsync("audit", "--since", "soon")).Failed(3, "REQUEST_INVALID soon");
    }

    [Fact]
    public async Task Quota_OfATask_IsHeld()
    {
        await PrepareAsync();
        (await FishAsync("task", "quota", "task", "1KB")).Succeeded();
        (await FishAsync("save", "task", "30", Write(Base.Change(5), "third"))).Failed(11, "QUOTA_EXCEEDED task task");
        Assert.Null((await FishOverHttpAsync("task", "quota", "task", "none", "--json")).Json<TaskInfo>().QuotaBytes);
        (await FishAsync("save", "task", "30", Write(Base.Change(5), "third"))).Succeeded();
        (await FishAsync("task", "quota", "task", "much")).Failed(3, "REQUEST_INVALID much");
    }

    [Fact]
    public async Task Serve_BeyondLoopbackWithoutAKey_IsRefused() =>
        (await FishAsync("serve", "--urls", "http://0.0.0.0:0")).Failed(10, "ACCESS_UNPROTECTED");

    [Fact]
    public async Task Token_ThatIsMistyped_IsNotEchoed()
    {
        var token = KeyToken.Create().Token;
        foreach (var arguments in
            (string[][])[["ls", "task", token], ["key", "revoke", token], ["--key", "x", token], ["load", token, token, token]])
        {
            var ran = await RunAsync([.. arguments, "--data", Data]);
            Assert.NotEqual(0, ran.Exit);
            Assert.DoesNotContain(token[^43..], ran.Output + ran.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("key", "add", "a", "--scope", "all")]
    [InlineData("key", "add", "a")]
    public async Task Add_WhatCannotBe_IsAUsageError(params string[] arguments) => Assert.Equal(2, (await FishAsync(arguments)).Exit);

    [Theory]
    [InlineData("REQUEST_INVALID 10XB", "--quota", "10XB")]
    [InlineData("REQUEST_INVALID 99999999999TB", "--quota", "99999999999TB")]
    [InlineData("REQUEST_INVALID -5", "--quota", "-5")]
    [InlineData("REQUEST_INVALID tomorrow", "--expires", "tomorrow")]
    [InlineData("NAME_INVALID a/b", "--task", "a/b")]
    public async Task Add_WithWrongLimits_IsRefused(string said, params string[] limits) =>
        (await FishAsync(["key", "add", "a", "--scope", "read", .. limits])).Failed(3, said);
}
