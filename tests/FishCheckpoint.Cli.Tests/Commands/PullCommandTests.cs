using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Following.Watch;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class PullCommandTests : CommandTest
{
    private string Pulled => PathOf("pulled");

    private byte[] CurrentModel => File.ReadAllBytes(Path.Combine(Pulled, "current", "model.safetensors"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pull_OlderThenNewest_IsTheModelAndThenADelta(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var (first, second) = await PrepareAsync();

        var full = (await Run("pull", "task", Pulled, "--step", "10", "--json")).Json<PulledModel>();
        Assert.Equal((PullForm.Full, 10, first.Header.FileLength, "the folder was empty"),
            (full.Form, full.Step, full.FetchedBytes, full.Because));
        Assert.Equal(first.ToBytes(), CurrentModel);

        var delta = (await Run("pull", "task", Pulled, "--json")).Json<PulledModel>();
        Assert.Equal((PullForm.Delta, 20, second.Header.FileLength), (delta.Form, delta.Step, delta.ModelBytes));
        Assert.InRange(delta.FetchedBytes, 1, delta.ModelBytes / 10);
        Assert.Equal(second.ToBytes(), CurrentModel);

        Assert.Contains("task/20 already", (await Run("pull", "task", Pulled, "--best")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Pulled, ".incoming-*"));
        (await Run("pull", "unknown", Pulled)).Failed(4, "TASK_NOT_FOUND");
        Assert.Equal(2, (await Run("pull", "task", Pulled, "--best", "--step", "10")).Exit);
        Assert.Equal(2, (await Run("pull", "task", Pulled, "--keep", "-1")).Exit);
    }

    [Fact]
    public async Task Pull_OverHttpUnderOtherHeaders_KnowsThePositionsAllTheSame()
    {
        await PrepareAsync();
        var (third, fourth) = (Base.Change(3).Rearranged(), Base.Change(3).Change(4, 0.001).Rearranged());
        (await FishAsync("save", "task", "30", Write(third, "third"))).Succeeded();
        (await FishOverHttpAsync("pull", "task", Pulled)).Succeeded();
        (await FishAsync("save", "task", "40", Write(fourth, "fourth"))).Succeeded();
        Assert.Equal(PullForm.Delta, (await FishOverHttpAsync("pull", "task", Pulled, "--json")).Json<PulledModel>().Form);
        Assert.Equal(fourth.ToBytes(), CurrentModel);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watch_Once_SavesWhatIsThere(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        (await FishAsync("base", "add", "base", Write(Base, "base"))).Succeeded();
        Base.Change(7).Write(Path.Combine(PathOf("dropped"), "checkpoint-7"));
        string[] watch = ["watch", PathOf("dropped"), "--task", "new", "--base", "base", "--once", "--settle", "0.1s", "--interval",
            "0.05s"];

        var saved = (await Run([.. watch, "--json"])).Json<WatchedVersion>();
        Assert.Equal(("new", 7, "checkpoint-7", true), (saved.Task, saved.Step, saved.Name, saved.Created));
        Assert.Equal("", (await Run(watch)).Succeeded().Output);
        (await Run("load", "new", "7", PathOf("loaded.safetensors"))).Succeeded();
        Assert.Equal(Base.Change(7).ToBytes(), await File.ReadAllBytesAsync(PathOf("loaded.safetensors"), Stop));

        Base.Change(8).Write(Path.Combine(PathOf("dropped"), "checkpoint-7"));
        var refused = await Run(watch);
        Assert.Equal((5, ""), (refused.Exit, refused.Output));
        Assert.Contains("STEP_TAKEN", refused.Error, StringComparison.Ordinal);
    }

    [Trait("Category", "Slow")]
    [Fact(Timeout = 300_000)]
    public async Task Follow_KilledAtRandomMoments_IsAlwaysAtAWholeModel()
    {
        var fish = Path.Combine(AppContext.BaseDirectory, "fishckpt");
        Assert.SkipUnless(File.Exists(fish), "There is no program of this name here.");
        var result = await new FollowSuite(Random.Shared.Next(1_000_000), Folder, fish)
            .RunAsync(kills: 10, new Progress(TimeSpan.FromSeconds(12)));
        Assert.True(result.Findings.Count == 0, result.ToString());
    }
}
