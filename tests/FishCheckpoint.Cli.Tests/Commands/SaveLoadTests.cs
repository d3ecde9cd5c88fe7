using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class SaveLoadTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_EverySavedStep_GivesTheFileBack(bool overHttp)
    {
        var (first, second) = await PrepareAsync();
        foreach (var (step, model) in new[] { ("10", first), ("20", second), ("latest", second), ("best", second) })
        {
            var path = PathOf($"loaded/{step}.safetensors");
            string[] command = ["load", "task", step, path];
            (await (overHttp ? FishOverHttpAsync(command) : FishAsync(command))).Succeeded();
            Assert.Equal(model.ToBytes(), await File.ReadAllBytesAsync(path, Stop));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Save_PatchOfADiff_IsTheSameState(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var (_, second) = await PrepareAsync();
        var patch = PathOf("patch.safetensors");
        (await Run("diff", "task", "10", "20", "--out", patch)).Succeeded();

        var saved = (await Run("save", "task", "30", patch, "--parent", "10", "--json")).Json<CheckpointInfo>();
        (await Run("load", "task", "30", PathOf("out.safetensors"))).Succeeded();

        Assert.Equal((30, "10"), (saved.Step, saved.Parent));
        Assert.Equal(second.ToBytes(), await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));
    }

    [Fact]
    public async Task Save_Again_SaysThatItIsThere()
    {
        await PrepareAsync();
        var again = (await FishAsync("save", "task", "10", Write(Base.Change(1), "again"), "--metric", "loss=0.5")).Succeeded();
        Assert.Contains("Already there", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Save_OtherContent_IsAConflict()
    {
        await PrepareAsync();
        (await FishAsync("save", "task", "10", Write(Base.Change(9), "other"))).Failed(5, "STEP_TAKEN task/10");
        (await FishOverHttpAsync("save", "task", "10", Write(Base.Change(9), "other"))).Failed(5, "STEP_TAKEN task/10");
    }

    [Fact]
    public async Task Save_BadInput_IsRefusedWithItsCode()
    {
        await PrepareAsync();
        var model = Write(Base, "model");
        (await FishAsync("save", "task", "30", PathOf("none"))).Failed(4, "FILE_NOT_FOUND");
        (await FishAsync("save", "task", "minus", model)).Failed(3, "STEP_INVALID minus");
        (await FishAsync("save", "none", "30", model)).Failed(4, "TASK_NOT_FOUND none");
        (await FishAsync("save", "../x", "30", model)).Failed(3, "NAME_INVALID ../x");
        (await FishAsync("save", "task", "30", model, "--metric", "loss")).Failed(3, "REQUEST_INVALID loss");
        (await FishAsync("save", "task", "30", model, "--base", new string('0', 64))).Failed(6, "BASE_MISMATCH");
        Assert.Equal(2, (await FishAsync("save", "task", "30", model, "--full", "--sparse")).Exit);
        Assert.Equal(2, (await FishAsync("ls", "task", "--json")).Json<List<CheckpointInfo>>().Count);
    }

    [Fact]
    public async Task Save_MetricsAndMetadata_AreKept()
    {
        await PrepareAsync();
        (await FishAsync(
            "save", "task", "30", Write(Base.Change(7), "odd"), "--metric", "up=inf", "--metric", "down=-Infinity", "--metric", "none=NaN",
            "--metric", "a=b=1e-3",
            "--metadata", "run=a1", "--metadata", "note=x=y [z]")).Succeeded();
        var info = (await FishAsync("show", "task", "30", "--json")).Json<CheckpointInfo>();
        Assert.Equal(
            (double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e-3),
            (info.Metrics["up"], info.Metrics["down"], info.Metrics["none"], info.Metrics["a=b"]));
        Assert.Equal(("a1", "x=y [z]"), (info.Metadata["run"], info.Metadata["note"]));
        Assert.Contains("note=x=y [z] run=a1", (await FishAsync("show", "task", "30")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metric", "loss=")]
    [InlineData("--metric", "=1")]
    [InlineData("--metric", "loss=low")]
    [InlineData("--metric", "loss=1,5")]
    [InlineData("--metadata", "run")]
    [InlineData("--metadata", "=a1")]
    public async Task Save_BadMetricOrMetadata_IsRefused(string option, string value)
    {
        await PrepareAsync();
        (await FishAsync("save", "task", "30", Write(Base, "model"), option, value)).Failed(3, $"REQUEST_INVALID {value}");
        (await FishAsync("save", "task", "30", PathOf("model"), "--metric", "loss=1", "--metric", "loss=2"))
            .Failed(3, "REQUEST_INVALID loss=2");
    }

    [Fact]
    public async Task Save_Overwrite_ReplacesOtherContent()
    {
        await PrepareAsync();
        var other = Write(Base.Change(8), "other");
        (await FishAsync("save", "task", "10", other)).Failed(5, "STEP_TAKEN task/10");
        (await FishAsync("save", "task", "10", other, "--overwrite")).Succeeded();
        (await FishAsync("load", "task", "10", PathOf("out.safetensors"))).Succeeded();
        Assert.Equal(Base.Change(8).ToBytes(), await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));
    }

    [Fact]
    public async Task Load_MissingStep_IsNotFoundAndWritesNothing()
    {
        await PrepareAsync();
        (await FishAsync("load", "task", "11", PathOf("out.safetensors"))).Failed(4, "CHECKPOINT_NOT_FOUND task/11");
        Assert.False(File.Exists(PathOf("out.safetensors")));
    }
}
