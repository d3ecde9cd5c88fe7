using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class CatalogTests : CommandTest
{
    [Fact]
    public async Task Lists_Json_AreTheStoresOwnShapes()
    {
        await PrepareAsync();
        Assert.Equal(["base"], (await FishAsync("base", "ls", "--json")).Json<List<BaseInfo>>().Select(item => item.Name));
        Assert.Equal(["task"], (await FishAsync("task", "ls", "--json")).Json<List<TaskInfo>>().Select(item => item.Name));
        Assert.Equal([2L], (await FishAsync("ls", "--json")).Json<List<TaskInfo>>().Select(item => item.Checkpoints));
        Assert.Equal([10L, 20L], (await FishOverHttpAsync("ls", "task", "--json")).Json<List<CheckpointInfo>>().Select(item => item.Step));
        Assert.Equal(20, (await FishAsync("show", "task", "best", "--json")).Json<CheckpointInfo>().Step);
    }

    [Theory]
    [InlineData("base ls", "base")]
    [InlineData("task ls", "task")]
    [InlineData("ls", "task")]
    [InlineData("ls task", "loss=0.25")]
    [InlineData("show task 20", "accuracy=0.9 loss=0.25")]
    [InlineData("diff task base latest", "embed.weight")]
    [InlineData("report", "bytes per changed value")]
    [InlineData("report task", "bytes per changed value")]
    [InlineData("verify", "2 of 2 checkpoints are sound")]
    [InlineData("verify task 10", "1 of 1 checkpoints are sound")]
    public async Task Command_ForPeople_SaysWhatItFound(string command, string expected)
    {
        await PrepareAsync();
        Assert.Contains(expected, (await FishAsync(command.Split(' '))).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains(expected, (await FishOverHttpAsync(command.Split(' '))).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskAdd_OwnAndDroppedTensors_MakeItsLayout()
    {
        await PrepareAsync();
        var added =
            (
                await FishAsync(
                    "task", "add", "own", "--base", "base", "--own", "head.weight:F32:2,17", "--own", "a:b:F32:", "--drop", "steps",
                    "--json")).Json<TaskInfo>();
        Assert.Equal([2L, 17L], added.Tensors["head.weight"]!.Shape);
        Assert.Empty(added.Tensors["a:b"]!.Shape);
        Assert.Null(added.Tensors["steps"]);
        (await FishAsync("task", "add", "bad", "--base", "base", "--own", "head.weight")).Failed(3, "REQUEST_INVALID head.weight");
        (await FishAsync("task", "add", "bad", "--base", "none")).Failed(4, "BASE_NOT_FOUND none");
        Assert.Equal(2, (await FishAsync("task", "add", "bad")).Exit);
    }

    [Fact]
    public async Task Diff_Json_CountsPerTensor()
    {
        await PrepareAsync();
        using var result = System.Text.Json.JsonDocument.Parse((await FishAsync("diff", "task", "10", "20", "--json")).Succeeded().Output);
        var tensors = result.RootElement.GetProperty("tensors").EnumerateArray().ToArray();
        Assert.Equal(result.RootElement.GetProperty("changed").GetInt64(), tensors.Sum(tensor => tensor.GetProperty("changed").GetInt64()));
        Assert.Contains(
            tensors, tensor => tensor.GetProperty("name").GetString() == "embed.weight"
            && tensor.GetProperty("density").GetDouble() is > 0 and < 0.01);
    }

    [Fact]
    public async Task Report_Json_IsTheStorageReport()
    {
        await PrepareAsync();
        var report = (await FishAsync("report", "--json")).Json<StorageReport>();
        Assert.Equal((2, "task"), (report.Checkpoints, Assert.Single(report.Tasks!).Task));
        (await FishAsync("report", "none")).Failed(4, "TASK_NOT_FOUND none");
    }

    [Fact]
    public async Task Report_OfBaseTensorsAndGrowth_Prints()
    {
        await PrepareAsync();
        Assert.Equal(2, (await FishAsync("report", "--base", "base", "--json")).Json<StorageReport>().Checkpoints);
        Assert.Equal("embed.weight", (await FishAsync("report", "task", "--tensors", "--json")).Json<TensorReport[]>()[0].Name);
        Assert.Equal(30, (await FishAsync("report", "--growth", "--by", "week", "--json")).Json<GrowthReport>().Points.Count);
        Assert.Contains("embed.weight", (await FishAsync("report", "task", "--tensors")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("+2", (await FishAsync("report", "task", "--growth")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("deltas on average", (await FishAsync("report", "task")).Succeeded().Output, StringComparison.Ordinal);
        (await FishAsync("report", "--tensors")).Failed(3, "REQUEST_INVALID --tensors");
        (await FishAsync("report", "task", "--base", "base")).Failed(3, "REQUEST_INVALID --base");
        Assert.Equal(2, (await FishAsync("report", "--growth", "--by", "hour")).Exit);
    }

    [Fact]
    public async Task Verify_DamagedBase_SaysSoAndFails()
    {
        await PrepareAsync();
        var file = Directory.EnumerateFiles(Data, "*.safetensors", SearchOption.AllDirectories).Single();
        File.SetAttributes(file, FileAttributes.Normal);
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.Position = stream.Length - 1;
            var last = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(last ^ 1));
        }

        var verified = await FishAsync("verify");
        Assert.Equal(8, verified.Exit);
        Assert.Contains("affects task/10, task/20", verified.Output, StringComparison.Ordinal);
        Assert.Contains("0 of 2 checkpoints are sound", verified.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tag_SetMovedAndRemoved_NamesTheCheckpoint()
    {
        await PrepareAsync();
        (await FishAsync("tag", "task", "good", "10")).Succeeded();
        Assert.Equal(20, (await FishOverHttpAsync("tag", "task", "good", "latest", "--json")).Json<CheckpointInfo>().Step);
        (await FishAsync("tag", "task", "good", "--rm")).Succeeded();
        (await FishAsync("show", "task", "good")).Failed(4, "TAG_NOT_FOUND");
        (await FishAsync("tag", "task", "latest", "10")).Failed(3, "NAME_INVALID latest");
        Assert.Equal(2, (await FishAsync("tag", "task", "good")).Exit);
    }

    [Fact]
    public async Task Remove_CheckpointThenTask_LeavesNothing()
    {
        await PrepareAsync();
        Assert.Contains("task/20", (await FishAsync("rm", "task", "latest")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal([10L], (await FishAsync("ls", "task", "--json")).Json<List<CheckpointInfo>>().Select(item => item.Step));
        Assert.Equal(2, (await FishAsync("rm", "task")).Exit);
        (await FishOverHttpAsync("rm", "task", "--all")).Succeeded();
        Assert.Empty((await FishAsync("ls", "--json")).Json<List<TaskInfo>>());
    }
}
