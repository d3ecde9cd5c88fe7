using FishCheckpoint.Checkpoints;
using FishCheckpoint.Following.Watch;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>Files of PyTorch's as bases and checkpoints.</summary>
public sealed class TorchFileTests : CommandTest
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Torch", "Golden");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Save_FilesOfPyTorch_AreLoadedAsSafetensors(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var added = (await Run("base", "add", "base", Of("zip.pt"), "--json")).Json<BaseInfo>();
        Assert.Equal(12, added.Tensors);
        (await Run("task", "add", "task", "--base", "base")).Succeeded();
        Assert.Equal(0, (await Run("save", "task", "1", Of("legacy.pt"), "--json")).Json<CheckpointInfo>().Changed);
        Assert.Equal(2, (await Run("save", "task", "2", Of("changed.pt"), "--json")).Json<CheckpointInfo>().Changed);

        foreach (var (step, value) in new[] { ("1", 0x7F800000u), ("2", 0x40000000u) })
        {
            (await Run("load", "task", step, PathOf($"{step}.safetensors"))).Succeeded();
            using var loaded = SafetensorsFile.Open(PathOf($"{step}.safetensors"));
            var special = loaded.Header.Tensors.Single(tensor => tensor.Info.Name == "special");
            var bytes = new byte[special.Info.Bytes];
            loaded.ReadData(special.Begin, bytes);
            Assert.Equal(
                [0x80000000, 0x7FC00001, 0xFF800001, value, 1, 0x3F800000],
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bytes).ToArray());
        }
    }

    [Fact]
    public async Task Watch_FilesOfPyTorch_SavesThem()
    {
        (await FishAsync("base", "add", "base", Of("zip.pt"))).Succeeded();
        Directory.CreateDirectory(PathOf("drops"));
        File.Copy(Of("changed.pt"), PathOf("drops/step_2.pt"));
        string[] watch = ["watch", PathOf("drops"), "--task", "task", "--base", "base", "--once", "--settle", "0s", "--json"];
        var saved = (await FishAsync(watch)).Json<WatchedVersion>();
        Assert.Equal((2, 2), (saved.Step, saved.Changed));
    }

    [Fact]
    public async Task BaseAdd_ShardedFolder_HasShardsSideFilesAndANewIndex()
    {
        (await FishAsync("base", "add", "base", Of("sharded"))).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        Assert.Equal(0, (await FishAsync("save", "task", "1", Of("nested.pt"), "--json")).Json<CheckpointInfo>().Changed);
        Assert.Equal(0, (await FishAsync("save", "task", "2", Of("sharded"), "--json")).Json<CheckpointInfo>().Changed);
        (await FishAsync("load", "task", "2", PathOf("model"))).Succeeded();
        Assert.Equal(
            ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
            Directory.GetFiles(PathOf("model")).Select(Path.GetFileName).Where(name => !name!.StartsWith('.'))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task BaseAdd_ModelAmongOtherThings_SaysUnderWhichKey()
    {
        var added = (await FishAsync("base", "add", "base", Of("nested.pt"))).Succeeded();
        Assert.Contains("the state dict under 'model'", added.Output, StringComparison.Ordinal);
        (await FishAsync("base", "add", "other", Of("nested.pt"), "--state-dict", "ema/weights")).Succeeded();
        (await FishAsync("base", "add", "third", Of("nested.pt"), "--state-dict", "optimizer")).Failed(3, "TORCH_FILE_INVALID nested.pt");
    }

    [Fact]
    public async Task BaseAdd_PickleThatRunsAProgram_IsRefusedByItsName()
    {
        var path = PathOf("pytorch_model.bin");
        await File.WriteAllBytesAsync(
            path,
            [.. (await File.ReadAllBytesAsync(Of("legacy.pt"), Stop))[..15], 0x80, 2, .. "cos\nsystem\nX\x04\0\0\0true\x85R."u8], Stop);
        var ran = await FishAsync("base", "add", "base", path);
        ran.Failed(3, "PICKLE_REFUSED pytorch_model.bin");
        Assert.Contains("'os.system'", ran.Error, StringComparison.Ordinal);
    }

    private static string Of(string name) => Path.Combine(Golden, name);
}
