using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Tests.Commands;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>
/// A store that may only be read: by another user, and on a file system that is mounted for reading only. Only root can make either, so
/// these tests run as root alone.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ReadOnlyStoreTests : CommandTest
{
    private const string Needs =
        "Only root may run a program as another user or mount for reading only, by util-linux's setpriv and unshare.";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadOnly_EveryReading_Works(bool byMount)
    {
        await PrepareSharedAsync();
        var before = Files();
        foreach (var arguments in Readings)
        {
            (await ReadAsync(byMount, arguments)).Succeeded();
        }

        AssertLoaded("second");
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadOnly_EveryChange_IsRefused(bool byMount)
    {
        await PrepareSharedAsync();
        foreach (var arguments in new string[][]
        {
            ["save", "task", "30", PathOf("first")], ["task", "add", "other", "--base", "base"], ["base", "add", "more", PathOf("first")],
            ["rm", "task", "10"],
            ["tag", "task", "good", "10"], ["pin", "task", "10"], ["fold"], ["recode"], ["gc"], ["key", "add", "root", "--scope", "admin"],
        })
        {
            (await ReadAsync(byMount, arguments)).Failed(10, "STORE_READ_ONLY");
        }
    }

    [Fact]
    public async Task ReadOnly_WhileTheOwnerWrites_SeesWhatIsCommitted()
    {
        await PrepareSharedAsync();
        await ServerAsync();
        (await FishOverHttpAsync("save", "task", "30", PathOf("first"))).Succeeded();
        await ShareAsync();
        Assert.Equal(3, (await ReadAsync(false, "ls", "task", "--json")).Json<List<CheckpointInfo>>().Count);
        (await FishOverHttpAsync("save", "task", "40", PathOf("second"))).Succeeded();
        Assert.Equal(4, (await ReadAsync(false, "ls", "task", "--json")).Json<List<CheckpointInfo>>().Count);
        (await ReadAsync(false, "load", "task", "40", PathOf("out/loaded"))).Succeeded();
        AssertLoaded("second");
    }

    [Fact]
    public async Task ReadOnly_LogWithoutItsIndex_IsRefusedAndNotPassedOver()
    {
        await PrepareSharedAsync();
        await ServerAsync();
        (await FishOverHttpAsync("save", "task", "30", PathOf("first"))).Succeeded();
        Directory.CreateDirectory(PathOf("snapshot"));
        foreach (var name in new[] { "fish.db", "fish.db-wal" })
        {
            File.Copy(Path.Combine(Data, name), Path.Combine(PathOf("snapshot"), name));
        }

        await ShareAsync();
        (await RunAsAsync(false, "ls", "task", "--data", PathOf("snapshot"))).Failed(10, "STORE_READ_ONLY");
    }

    [Fact]
    public async Task NewStore_InAFolderBelowOneThatMayNotBeRead_IsMade()
    {
        await PrepareSharedAsync();
        await Shell($"mkdir -p '{PathOf("home/mine")}' && chmod 711 '{PathOf("home")}' && chown 65534:65534 '{PathOf("home/mine")}'");
        (await RunAsAsync(false, "base", "add", "base", PathOf("first"), "--data", PathOf("home/mine"))).Succeeded();
    }

    [Fact]
    public async Task ReadOnly_FolderThatMayNotBeLookedInto_IsNotCalledMissing()
    {
        await PrepareSharedAsync();
        await Shell($"chmod 700 '{Data}'");
        (await ReadAsync(false, "ls")).Failed(9, "STORAGE_UNAVAILABLE");
    }

    private string[][] Readings =>
    [
        ["ls"], ["ls", "task"], ["base", "ls"], ["show", "task", "latest"], ["load", "task", "20", PathOf("out/loaded")], ["report"],
        ["report", "task", "--tensors"], ["verify"],
        ["verify", "task", "10"], ["diff", "task", "10", "20"], ["diff", "task", "base", "20", "--out", PathOf("out/patch.safetensors")],
        ["audit"], ["gc", "--dry-run"], ["doctor"],
        ["export", "slime", PathOf("out/export"), "--task", "task", "--from", "base", "--to", "20"], ["key", "ls"],
        ["backup", PathOf("out/backup")],
    ];

    private async Task PrepareSharedAsync()
    {
        Assert.SkipUnless(RealProgram.Has("setpriv") && RealProgram.Has("unshare") && Environment.IsPrivilegedProcess, Needs);
        await PrepareAsync();
        await ShareAsync();
        await Shell($"mkdir -p '{PathOf("out")}' && chmod 777 '{PathOf("out")}'");
    }

    private Task ShareAsync() => Shell($"chmod -R a+rX '{Folder}'");

    private Task<Ran> ReadAsync(bool byMount, params string[] arguments) => RunAsAsync(byMount, [.. arguments, "--data", Data]);

    private Task<Ran> RunAsAsync(bool byMount, params string[] arguments) => byMount
        ? RealProgram.RunAsync("unshare", ["-m", "sh", "-c",
        $"mount --bind '{Data}' '{Data}' && mount -o remount,ro,bind '{Data}' && exec \"$@\"", "sh", RealProgram.Fish, .. arguments])
        : RealProgram.RunAsync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", RealProgram.Fish, .. arguments]);

    private void AssertLoaded(string model) =>
        Assert.Equal(File.ReadAllBytes(Path.Combine(PathOf(model), "model.safetensors")), File.ReadAllBytes(PathOf("out/loaded")));

    private string[] Files() => [.. Directory.EnumerateFiles(Data, "*",
        SearchOption.AllDirectories).Order().Select(path => $"{path} {new FileInfo(path).LastWriteTimeUtc:O}")];

    private static async Task Shell(string command) => (await RealProgram.RunAsync("sh", ["-c", command])).Succeeded();
}
