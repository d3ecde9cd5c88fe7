using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>What a load leaves in a folder.</summary>
public sealed class LoadFolderTests : CommandTest
{
    private static readonly TensorInfo[] Left = [new("left", DType.F32, [40])];
    private static readonly TensorInfo[] Right = [new("right", DType.BF16, [70])];

    private string Out => PathOf("out");

    private string[] Listed =>
        [.. Directory.EnumerateFiles(Out).Select(path => Path.GetFileName(path)!).Where(name =>
        !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var single = Directory.CreateDirectory(PathOf("single")).FullName;
        await File.WriteAllTextAsync(Path.Combine(single, "config.json"), "{}", Stop);
        TestModel.Create(1, null, [.. Left, .. Right]).Write(single);
        (await FishAsync("base", "add", "base", single)).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        (await FishAsync("save", "task", "1", TestModel.Create(2, null, [.. Left, .. Right]).Write(PathOf("one")))).Succeeded();
        foreach (var step in new[] { 2, 3 })
        {
            var shards = Directory.CreateDirectory(PathOf($"shards-{step}")).FullName;
            TestModel.Create(step + 10, null, Left).Write(shards, "model-00001-of-00002.safetensors");
            TestModel.Create(step + 20, null, Right).Write(shards, "model-00002-of-00002.safetensors");
            (await FishAsync("save", "task", $"{step}", shards)).Succeeded();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Load_OverAnEarlierLoad_LeavesTheNewFilesAndForeignOnes(bool overHttp)
    {
        Task<Ran> Load(string step) => overHttp ? FishOverHttpAsync("load", "task", step, Out) : FishAsync("load", "task", step, Out);
        (await Load("2")).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(Out, "notes.txt"), "mine", Stop);

        var ran = (await Load("1")).Succeeded();

        Assert.Equal(["config.json", "model.safetensors", "notes.txt"], Listed);
        Assert.Contains("removed model-00001-of-00002.safetensors", ran.Output, StringComparison.Ordinal);
        (await Load("3")).Succeeded();
        Assert.Equal(["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json", "notes.txt"], Listed);
        Assert.Equal(TestModel.Create(13, null, Left).ToBytes(),
            await File.ReadAllBytesAsync(Path.Combine(Out, "model-00001-of-00002.safetensors"), Stop));
        Assert.Equal([LoadManifestName], Directory.EnumerateFiles(Out, ".*").Select(Path.GetFileName));
        Assert.Empty(Directory.EnumerateDirectories(Out));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    [InlineData("pytorch_model-00002-of-00003.bin")]
    [InlineData("extra.safetensors")]
    [InlineData("adapter_model.bin")]
    [InlineData("consolidated.safetensors")]
    [InlineData("pytorch_model.bin.index.json")]
    public async Task Load_BesideForeignWeights_IsRefusedBeforeAnythingIsWritten(string name)
    {
        Directory.CreateDirectory(Out);
        await File.WriteAllTextAsync(Path.Combine(Out, name), "theirs", Stop);

        (await FishAsync("load", "task", "2", Out)).Failed(5, "FOLDER_TAKEN");
        (await FishAsync("load", "task", "2", Out, "--replace")).Failed(5, "FOLDER_TAKEN");

        Assert.Equal([name], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
        Assert.Equal("theirs", await File.ReadAllTextAsync(Path.Combine(Out, name), Stop));
    }

    [Fact]
    public async Task Load_OverFilesThatAreNotOurs_WantsReplace()
    {
        Directory.CreateDirectory(Out);
        await File.WriteAllTextAsync(Path.Combine(Out, "model.safetensors"), "theirs", Stop);

        (await FishAsync("load", "task", "1", Out)).Failed(5, "FOLDER_TAKEN");
        (await FishAsync("load", "task", "1", Out, "--replace")).Succeeded();
        await File.AppendAllTextAsync(Path.Combine(Out, "config.json"), " ", Stop);
        (await FishAsync("load", "task", "1", Out)).Failed(5, "FOLDER_TAKEN");
        await File.WriteAllTextAsync(Path.Combine(Out, "model.safetensors"), "trained on", Stop);
        (await FishAsync("load", "task", "2", Out, "--replace")).Failed(5, "FOLDER_TAKEN");

        Assert.Equal("trained on", await File.ReadAllTextAsync(Path.Combine(Out, "model.safetensors"), Stop));
    }

    [Fact]
    public async Task Load_AFileThatWasChangedAndIsNoWeights_IsKeptAndSaid()
    {
        (await FishAsync("load", "task", "2", Out)).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(Out, "config.json"), "{\"mine\":1}", Stop);
        var plain = Directory.CreateDirectory(PathOf("plain")).FullName;
        TestModel.Create(1, null, Left).Write(plain, "part-1.safetensors");
        TestModel.Create(1, null, Right).Write(plain, "part-2.safetensors");
        (await FishAsync("base", "add", "plain", plain)).Succeeded();
        (await FishAsync("task", "add", "plain", "--base", "plain")).Succeeded();
        (await FishAsync("save", "plain", "1", plain)).Succeeded();

        var ran = (await FishAsync("load", "plain", "1", Out)).Succeeded();

        Assert.Contains("kept config.json", ran.Output, StringComparison.Ordinal);
        Assert.Equal(["config.json", "model.safetensors.index.json", "part-1.safetensors", "part-2.safetensors"], Listed);
    }

    [Fact]
    public async Task Load_OverWhatAKilledLoadHasLeft_FinishesIt()
    {
        (await FishAsync("load", "task", "2", Out)).Succeeded();

        // As a load of step 1 that was killed when it had moved one of its files.
        var manifest = await File.ReadAllTextAsync(Path.Combine(Out, LoadManifestName), Stop);
        (await FishAsync("load", "task", "1", PathOf("other"))).Succeeded();
        var next = await File.ReadAllTextAsync(Path.Combine(PathOf("other"), LoadManifestName), Stop);
        var earlier = System.Text.Json.Nodes.JsonNode.Parse(manifest)!["files"]!.DeepClone();
        var between = System.Text.Json.Nodes.JsonNode.Parse(next)!.AsObject();
        between["earlier"] = earlier;
        await File.WriteAllTextAsync(Path.Combine(Out, LoadManifestName), between.ToJsonString(), Stop);
        File.Copy(Path.Combine(PathOf("other"), "model.safetensors"), Path.Combine(Out, "model.safetensors"));
        File.Delete(Path.Combine(Out, "model.safetensors.index.json"));
        Directory.CreateDirectory(Path.Combine(Out, $".fish-load-{Guid.NewGuid():N}"));

        (await FishAsync("load", "task", "3", Out)).Succeeded();

        Assert.Equal(["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json"], Listed);
        Assert.Empty(Directory.EnumerateDirectories(Out));
    }

    [Fact]
    public async Task Load_ManyAtOnce_LeaveOneWholeModel()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            Task.Run(() => FishAsync("load", "task", $"{(number % 3) + 1}", Out))));

        Assert.Contains(runs, ran => ran.Exit == 0);
        Assert.All(runs.Where(ran => ran.Exit != 0), ran => Assert.Contains("FOLDER_TAKEN", ran.Error, StringComparison.Ordinal));
        Assert.True(Listed.Length is 2 or 4, string.Join(' ', Listed));
        (await FishAsync("load", "task", "2", Out)).Succeeded();
    }

    [Fact]
    public async Task Load_IntoAPulledFolder_IsRefused()
    {
        (await FishAsync("pull", "task", Out, "--step", "2")).Succeeded();
        (await FishAsync("load", "task", "1", Path.Combine(Out, "current"))).Failed(5, "FOLDER_TAKEN");
    }

    private const string LoadManifestName = ".fish-load.json";
}
