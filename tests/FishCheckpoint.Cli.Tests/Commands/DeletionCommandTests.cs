using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>What is deleted comes back; what deletes asks whoever sits at a terminal; what is named of a task changes alone.</summary>
public sealed class DeletionCommandTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Undelete_CheckpointThenTask_BringsThemBack(bool overHttp)
    {
        var (first, _) = await PrepareAsync();
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        (await Run("tag", "task", "good", "10")).Succeeded();
        Assert.Contains("fishckpt undelete task 10", (await Run("rm", "task", "good")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("good", (await Run("ls", "task", "--deleted")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single((await Run("ls", "--deleted", "--json")).Json<DeletedTask[]>()).Checkpoints);
        (await Run("undelete", "task", "good")).Failed(3, "STEP_INVALID good");
        (await Run("save", "task", "10", Write(Base.Change(5), "other"))).Succeeded();
        (await Run("undelete", "task", "10")).Failed(5, "STEP_TAKEN task/10");
        var back = (await Run("undelete", "task", "10", "--as", "11", "--pin", "--json")).Json<Undeleted>();
        Assert.Equal((11, true, "good", 0.5), (
            back.Checkpoint.Step, back.Checkpoint.Pinned, Assert.Single(back.Checkpoint.Tags), back.Checkpoint.Metrics["loss"]));
        (await Run("load", "task", "11", PathOf("loaded.safetensors"))).Succeeded();
        Assert.Equal(first.ToBytes(), await File.ReadAllBytesAsync(PathOf("loaded.safetensors"), Stop));

        (await Run("rm", "task", "--all")).Failed(5, "CHECKPOINT_PINNED");
        (await Run("pin", "task", "11", "--rm")).Succeeded();
        (await Run("rm", "task", "--all")).Succeeded();
        (await Run("undelete", "task", "11")).Failed(4, "TASK_NOT_FOUND task");
        Assert.Contains(
            "with 3 checkpoints", (await Run("undelete", "task", "--as", "again")).Succeeded().Output, StringComparison.Ordinal);
        (await Run("undelete", "task")).Failed(4, "TASK_NOT_FOUND task");
        Assert.Equal(2, (await Run("undelete", "task", "--pin")).Exit);
    }

    [Fact]
    public async Task Deletion_AtATerminal_AsksAndTakesNoForNo()
    {
        await PrepareAsync();
        (await FishAsync("save", "task", "30", Write(Base.Change(9), "third"), "--parent", "base")).Succeeded();
        (await FishAsync("task", "set", "task", "--keep-last", "1")).Succeeded();
        foreach (var command in new string[][]
        {
            ["rm", "task", "--all"], ["gc"], ["task", "set", "task", "--keep-every", "7"], ["base", "rm", "base"],
        })
        {
            foreach (var answer in new[] { "", "n\n", "nope\n" })
            {
                var (exit, asked) = await AtTerminalAsync(answer, command);
                Assert.Equal(130, exit);
                Assert.Contains("? [y/N]", asked, StringComparison.Ordinal);
            }
        }

        Assert.Equal(3, (await FishAsync("task", "ls", "--json")).Json<TaskInfo[]>()[0].Checkpoints);
        Assert.Equal(0, (await AtTerminalAsync("yes\n", "gc")).Exit);
        Assert.Equal(2, (await FishAsync("task", "ls", "--json")).Json<TaskInfo[]>()[0].Checkpoints);

        // Nothing goes, nothing is asked; and who says yes beforehand is not asked.
        Assert.DoesNotContain("[y/N]", (await AtTerminalAsync("", "gc")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await AtTerminalAsync("", "rm", "task", "--all", "--yes")).Exit);
    }

    [Fact]
    public async Task Deletion_ForGood_WantsAYesWhereNobodyCanBeAsked()
    {
        await PrepareAsync();
        (await FishAsync("rm", "task", "20")).Succeeded();
        (await FishAsync("gc", "--now")).Failed(3, "REQUEST_INVALID --yes");
        Assert.Single((await FishAsync("ls", "task", "--deleted", "--json")).Json<DeletedCheckpoint[]>());
        Assert.Equal(1, (await FishAsync("gc", "--now", "--dry-run", "--json")).Json<CollectResult>().Purged);
        Assert.Equal(1, (await FishOverHttpAsync("gc", "--now", "--yes", "--json")).Json<CollectResult>().Purged);
        (await FishAsync("undelete", "task", "20")).Failed(4, "CHECKPOINT_NOT_FOUND task/20");
        (await FishAsync("gc", "--now")).Succeeded();

        (await FishAsync("base", "rm", "base")).Failed(3, "REQUEST_INVALID --yes");
        (await FishAsync("base", "rm", "base", "--yes")).Failed(5, "BASE_IN_USE base");
        (await FishAsync("rm", "task", "--all")).Succeeded();
        Assert.Contains("task (deleted)", (await FishOverHttpAsync("base", "rm", "base", "--yes")).Error, StringComparison.Ordinal);
        Assert.Contains(
            "'fishckpt base rm base' removes it", (await FishAsync("gc", "--now", "--yes")).Succeeded().Output, StringComparison.Ordinal);
        (await FishAsync("base", "rm", "base", "--yes")).Succeeded();
        Assert.Empty((await FishAsync("base", "ls", "--json")).Json<BaseInfo[]>());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Data, "bases"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TaskSet_ChangesWhatItNames_AndTaskAddChangesNothing(bool overHttp)
    {
        await PrepareAsync();
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        (await Run("save", "task", "30", Write(Base.Change(9), "third"), "--parent", "base")).Succeeded();
        (await Run("task", "set", "task", "--description", "a run", "--metadata", "seed=1", "--metadata", "host=b=c", "--keep-last", "5"))
            .Succeeded();
        var planned = (await Run("task", "set", "task", "--keep-last", "1", "--dry-run", "--json")).Json<TaskInfo>();
        Assert.Equal([10L], planned.Removes!.Steps);
        (await Run("task", "set", "task", "--metadata", "seed", "--keep-within", "4w", "--clear", "keep-last")).Succeeded();
        var info = Assert.Single((await Run("task", "ls", "--json")).Json<TaskInfo[]>());
        Assert.Equal(("a run", new Retention(Monitor: "loss", KeepWithin: TimeSpan.FromDays(28))), (info.Description, info.Retention));
        Assert.Equal([new("host", "b=c")], info.Metadata);

        (await Run("task", "add", "task", "--base", "base")).Succeeded();
        (await Run("task", "add", "task", "--base", "base", "--description", "a run", "--keep-within", "28d")).Succeeded();
        var refused = await Run("task", "add", "task", "--base", "base", "--keep-last", "1", "--description", "another");
        refused.Failed(5, "TASK_TAKEN task");
        Assert.Contains("retention.keepLast is not set, not 1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("fishckpt task set", refused.Error, StringComparison.Ordinal);
        (await Run("task", "add", "task", "--base", "base", "--own", "head:F32:2")).Failed(5, "TASK_TAKEN task");
        Assert.Equal(info.Description, Assert.Single((await Run("task", "ls", "--json")).Json<TaskInfo[]>()).Description);

        (await Run("task", "set", "task")).Failed(3, "REQUEST_INVALID task");
        (await Run("task", "set", "none", "--description", "a")).Failed(4, "TASK_NOT_FOUND none");
        (await Run("task", "set", "task", "--keep-last", "0")).Failed(3, "REQUEST_INVALID retention.keepLast");
        Assert.Equal(2, (await Run("task", "set", "task", "--clear", "base")).Exit);
    }

    private async Task<(int Exit, string Error)> AtTerminalAsync(string answer, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(answer);
        var traits = new TerminalTraits(true, true, false, false, false, 120) { InputIsTerminal = true };
        var shell = new Shell(Terminal.Of(output, error, traits, input: input), new FishSettings());
        return (await FishCommandLine.RunAsync([.. arguments, "--data", Data], shell, Stop), error.ToString());
    }
}
