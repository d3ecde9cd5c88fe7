using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Access;

public sealed class KeyTests : AccessFixture
{
    [Fact]
    public async Task Add_Key_IsTakenUntilItExpires()
    {
        Assert.False(Access.HasKeys());
        var key = await AddKeyAsync("a", KeyScope.Admin, quota: 7, expires: Clock.Now.AddDays(1));
        Assert.True(Access.HasKeys());
        Assert.Equivalent(
            new KeyInfo(key.Key.Id, "a", KeyScope.Admin, null, Clock.Now, Clock.Now.AddDays(1), null, 7, 0), Access.Authenticate(key.Token),
            strict: true);
        Clock.Now = Clock.Now.AddDays(1).AddMilliseconds(-1);
        Assert.NotNull(Access.Authenticate(key.Token));
        Assert.True(Access.HasUsableKeys());
        Clock.Now = Clock.Now.AddMilliseconds(1);
        Assert.Null(Access.Authenticate(key.Token));
        Assert.False(Access.HasUsableKeys());
        Assert.True(Access.HasKeys());
    }

    [Fact]
    public async Task Authenticate_WhatIsNoKeysToken_IsNull()
    {
        var (one, other) = (await AddKeyAsync("a"), await AddKeyAsync("b"));
        var flipped = one.Token[..^1] + (one.Token[^1] == 'A' ? 'B' : 'A');
        Assert.All(
            ["", "x", flipped, KeyToken.Create().Token, one.Token[..18] + other.Token[18..], one.Token + " ", one.Token.ToUpperInvariant()],
            token => Assert.Null(Access.Authenticate(token)));
        Assert.Equal("a", Access.Authenticate(one.Token)?.Name);
        Assert.Equal("b", Access.Authenticate(other.Token)?.Name);
    }

    [Fact]
    public async Task Database_AfterAdding_HoldsNoSecret()
    {
        var key = await AddKeyAsync("a");
        await Store.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(Options.DataFolder, "fish.db*"))
        {
            var bytes = await File.ReadAllBytesAsync(file, Stop);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(key.Token[^43..])));
        }

        await ReopenAsync();
        Assert.NotNull(Access.Authenticate(key.Token));
    }

    [Fact]
    public async Task Keys_OfAnotherProcess_CountAtOnce()
    {
        // Another store on the folder stands for another process: they share nothing but the file.
        await using var other = await SqliteCheckpointStore.OpenAsync(Options with { Time = Clock }, Stop);
        Assert.Null(other.Access.Authenticate(KeyToken.Create().Token));
        var key = await AddKeyAsync("a");
        Assert.NotNull(other.Access.Authenticate(key.Token));
        await Access.RevokeKeyAsync("a", Stop);
        Assert.Null(other.Access.Authenticate(key.Token));
        Assert.Null(Access.Authenticate(key.Token));
    }

    [Fact]
    public async Task Name_OfARevokedKey_IsFreeAgain()
    {
        var first = await AddKeyAsync("a");
        Assert.Equal(ErrorCode.KeyTaken, (await Assert.ThrowsAsync<FishException>(() => AddKeyAsync("a"))).Code);
        Assert.Equal(Clock.Now, (await Access.RevokeKeyAsync(first.Key.Id, Stop)).Revoked);
        Assert.Equal(ErrorCode.KeyNotFound, (await Assert.ThrowsAsync<FishException>(() => Access.RevokeKeyAsync("a", Stop))).Code);
        var second = await AddKeyAsync("a");
        Assert.Null(Access.Authenticate(first.Token));
        Assert.NotNull(Access.Authenticate(second.Token));
        Assert.Equal(2, (await Access.ListKeysAsync(new PageRequest(), Stop).ReadPageAsync()).Items.Count);
    }

    [Fact]
    public async Task List_InPages_GivesEveryKeyOnce()
    {
        foreach (var name in (string[])["c", "a", "b"])
        {
            await AddKeyAsync(name);
        }

        var first = await Access.ListKeysAsync(new PageRequest(2), Stop).ReadPageAsync();
        var second = await Access.ListKeysAsync(new PageRequest(2, first.Next), Stop).ReadPageAsync();
        Assert.Equal(["c", "a", "b"], first.Items.Concat(second.Items).Select(key => key.Name));
        Assert.Null(second.Next);
        await Assert.ThrowsAsync<FishException>(() => Access.ListKeysAsync(new PageRequest(2, "x"), Stop).ReadPageAsync());
    }

    [Fact]
    public async Task Base_IsReachedByItsTasksKeysOnly()
    {
        var key = (await Access.AddKeyAsync(new KeySpec("a", KeyScope.Read, ["ta*"]), Stop)).Key;
        var stranger = (await Access.AddKeyAsync(new KeySpec("b", KeyScope.Read, ["other"]), Stop)).Key;
        var id = (await Store.Bases.GetAsync("base", Stop)).Id.ToString();
        Assert.True(await Access.ReachesBaseAsync(key, "base"));
        Assert.True(await Access.ReachesBaseAsync(key, id));
        Assert.False(await Access.ReachesBaseAsync(stranger, "base"));
        Assert.False(await Access.ReachesBaseAsync(key, "none"));
    }
}
