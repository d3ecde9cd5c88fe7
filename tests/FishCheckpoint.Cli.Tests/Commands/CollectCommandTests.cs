using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class CollectCommandTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gc_DryThenReal_SaysWhatGoesAndLetsItGo(bool overHttp)
    {
        await PrepareAsync();
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        (await Run("save", "task", "30", Write(Base.Change(9), "third"), "--parent", "base")).Succeeded();
        foreach (var rules in new string[][] { ["--keep-last", "3"], ["--keep-last", "1", "--keep-within", "4w"],
            ["--keep-last", "1", "--keep-every", "10"] })
        {
            (await Run(["task", "set", "task", "--clear", "retention", .. rules])).Succeeded();
            Assert.Equal(0, (await Run("gc", "--dry-run", "--json")).Json<CollectResult>().Deleted);
        }

        (await Run("pin", "task", "10")).Succeeded();
        (await Run("rm", "task", "10")).Failed(5, "CHECKPOINT_PINNED");
        (await Run("pin", "task", "10", "--rm")).Succeeded();
        var armed = (await Run("task", "set", "task", "--keep-last", "1", "--keep-every", "7")).Succeeded().Output;
        Assert.Contains("deletes 2 checkpoints (10, 20;", armed, StringComparison.Ordinal);
        Assert.Contains(overHttp ? "within 00:10:00" : "with the next 'fishckpt gc'", armed, StringComparison.Ordinal);
        var dry = (await Run("gc", "--dry-run")).Succeeded().Output;
        Assert.Contains("task/10 would be deleted", dry, StringComparison.Ordinal);
        Assert.Contains("none of: the last 1, every 7 steps, tagged, pinned", dry, StringComparison.Ordinal);
        Assert.Contains("2 checkpoints deleted", (await Run("gc")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal([30L], (await Run("ls", "task", "--json")).Json<CheckpointInfo[]>().Select(info => info.Step));
    }

    [Theory]
    [InlineData("--keep-last", "0")]
    [InlineData("--keep-best", "2")]
    public async Task Add_RetentionThatCannotBe_IsRefused(params string[] options)
    {
        await PrepareAsync();
        (await FishAsync(["task", "add", "other", "--base", "base", .. options])).Failed(3, "REQUEST_INVALID");
    }

    [Fact]
    public async Task Add_TimeThatIsNone_IsRefused() =>
        Assert.Equal(2, (await FishAsync("task", "add", "task", "--base", "base", "--keep-within", "soon")).Exit);
}
