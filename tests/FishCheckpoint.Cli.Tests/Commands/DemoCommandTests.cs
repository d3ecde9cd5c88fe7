using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Demo;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Demo;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class DemoCommandTests : CommandTest
{
    private static readonly DemoPlan Short = new()
    {
        Training = new DemoSettings { PretrainEpochs = 2, Epochs = 1, FisherSamples = 64 },
        Tasks = [DemoTasks.All[0], DemoTasks.All.Single(task => task.Classes == 2)],
        Ratios = [0.005],
        SaveEverySteps = 15,
    };

    [Fact]
    public async Task Demo_Short_RebuildsEveryCheckpointBitForBit()
    {
        using var output = new StringWriter();
        var terminal = Terminal.Of(output, TextWriter.Null);
        var result = await new Demonstration(terminal, Short, PathOf("demo"), line => terminal.Say(line)).RunAsync(Stop);
        DemoTables.Print(terminal, result, Short.Ratios);

        JsonShape.Approve("demo", JsonSerializer.Serialize(result, FishJson.Options));
        Assert.True(result.IsBitExact, output.ToString());
        Assert.Equal(6, result.Rebuilt.Identical);
        Assert.Equal((6, 2), (result.Storage.Checkpoints, result.Storage.Tasks!.Count));
        Assert.True(result.Storage.Ratio > 50, output.ToString());
        Assert.Contains("6 of 6 checkpoints came back over HTTP bit-identical", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("odd-even-fish-0.5", (await RunAsync("ls", "--data", PathOf("demo"))).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_TrainedCheckpoints_TakeEveryWayOfOthersAndBack()
    {
        var demo = PathOf("demo");
        await new Demonstration(Terminal.Of(TextWriter.Null, TextWriter.Null), Short with { Tasks = [DemoTasks.All[0]] }, demo, _ => { })
            .RunAsync(Stop);
        var task = (await RunAsync("task", "ls", "--data", demo, "--json")).Json<TaskInfo[]>().Single();
        var steps = (await RunAsync("ls", task.Name, "--data", demo, "--json")).Json<CheckpointInfo[]>()
            .Select(checkpoint => checkpoint.Step).Order().ToArray();
        Assert.Equal(3, steps.Length);
        foreach (var format in (string[])["disk-delta", "grail", "manifest"])
        {
            var exported = await RunAsync(
                "export", format, PathOf(format), "--task", task.Name, "--from", $"{steps[0]}", "--to", "latest", "--data", demo);
            Assert.Equal(
                (0, format == "disk-delta"), (exported.Exit, exported.Error.Contains("has no config.json", StringComparison.Ordinal)));
            (await RunAsync("import", format, PathOf(format), "--task", format, "--base", task.Base, "--data", demo)).Succeeded();
            foreach (var step in steps)
            {
                (await RunAsync("load", task.Name, $"{step}", PathOf("trained"), "--data", demo)).Succeeded();
                (await RunAsync("load", format, $"{step}", PathOf("imported"), "--data", demo)).Succeeded();
                Assert.Equal(await File.ReadAllBytesAsync(PathOf("trained"), Stop), await File.ReadAllBytesAsync(PathOf("imported"), Stop));
            }
        }
    }

    [Fact]
    public void DemoFolder_OfOtherContent_IsLeftAlone()
    {
        Directory.CreateDirectory(PathOf("mine"));
        File.WriteAllText(PathOf("mine/thesis.txt"), "years of work");
        var error = Assert.Throws<FishException>(() => DemoFolder.Recreate(PathOf("mine")));
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.True(File.Exists(PathOf("mine/thesis.txt")));
    }

    [Fact]
    public void DemoFolder_OfAnEarlierDemo_IsReplaced()
    {
        DemoFolder.Recreate(PathOf("demo"));
        File.WriteAllText(PathOf("demo/old"), string.Empty);
        DemoFolder.Recreate(PathOf("demo"));
        Assert.False(File.Exists(PathOf("demo/old")));
    }
}
