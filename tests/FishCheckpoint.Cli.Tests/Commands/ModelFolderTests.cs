using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>
/// Model folders on the command line, embedded and over HTTP: what is kept, what is left out and said, and how to choose.
/// </summary>
public sealed class ModelFolderTests : CommandTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Save_Folder_KeepsItsOwnSideFiles(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var model = TestModel.Create();
        Write(
            "base", model, ("config.json", "base's"), ("tokenizer.json", "base's"), ("optimizer.pt", "o"),
            ("runs/events.out.tfevents.1.host.2", "e"));
        var added = (await Run("base", "add", "base", PathOf("base"))).Succeeded();
        Assert.Contains("Left out: optimizer.pt (training state)", added.Output, StringComparison.Ordinal);
        Assert.Contains("Left out: runs/events.out.tfevents.1.host.2 (a training log)", added.Output, StringComparison.Ordinal);
        (await Run("task", "add", "task", "--base", "base")).Succeeded();

        Write("first", model.Change(1), ("config.json", "own"), ("1_Pooling/config.json", "{}"), ("rng_state.pth", "r"));
        var saved = (await Run("save", "task", "1", PathOf("first"), "--json")).Json<CheckpointInfo>();
        Assert.NotNull(saved.SideFiles);
        Assert.Equal("rng_state.pth", Assert.Single(saved.LeftOut!).Name);
        (await Run("save", "task", "2", Path.Combine(PathOf("first"), "model.safetensors"))).Succeeded();
        await ExpectAsync(Run, "1", ("1_Pooling/config.json", "{}"), ("config.json", "own"), ("tokenizer.json", "base's"));
        await ExpectAsync(Run, "2", ("config.json", "base's"), ("tokenizer.json", "base's"));
        await File.WriteAllTextAsync(PathOf("taken"), "kept", Stop);
        (await Run("load", "task", "1", PathOf("taken"))).Failed(3, $"REQUEST_INVALID {PathOf("taken")}");
        Assert.Equal("kept", await File.ReadAllTextAsync(PathOf("taken"), Stop));
        Write("first", model.Change(1), ("config.json", "other"));
        (await Run("save", "task", "1", PathOf("first"))).Failed(5, "STEP_TAKEN task/1");
    }

    [Fact]
    public async Task BaseAdd_SeveralModels_AreChosenByOptions()
    {
        var (model, small) = (TestModel.Create(), TestModel.Create(7, null, new Tensors.TensorInfo("half", Tensors.DType.F16, [3])));
        Write("several", model);
        small.Write(PathOf("several"), "model.fp16.safetensors");
        small.Write(PathOf("several"), "consolidated.safetensors");
        var plain = (await FishAsync("base", "add", "plain", PathOf("several"), "--json")).Json<BaseInfo>();
        Assert.Equal(["model.safetensors"], plain.Files.Select(file => file.Name));
        Assert.Equal(["consolidated.safetensors", "model.fp16.safetensors"], plain.LeftOut!.Select(file => file.Name));
        Assert.Equal(
            1, (await FishAsync("base", "add", "variant", PathOf("several"), "--variant", "fp16", "--json")).Json<BaseInfo>().Tensors);
        Assert.Equal(
            "consolidated.safetensors",
            (await FishAsync("base", "add", "file", PathOf("several"), "--file", "consolidated.safetensors", "--json"))
            .Json<BaseInfo>().Files.Single().Name);
        (await FishAsync("base", "add", "none", PathOf("several"), "--variant", "int8")).Failed(4, "FILE_NOT_FOUND int8");
        Assert.Equal(
            2, (await FishAsync("base", "add", "none", PathOf("several"), "--variant", "fp16", "--file", "model.safetensors")).Exit);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><title>Sign in</title>", "HTML page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer")]
    [InlineData("", "empty")]
    public async Task BaseAdd_AnotherFile_IsCalledWhatItIs(string content, string what)
    {
        await File.WriteAllTextAsync(PathOf("model.safetensors"), content, Stop);
        var ran = await FishAsync("base", "add", "base", PathOf("model.safetensors"));
        ran.Failed(3, "NOT_SAFETENSORS model.safetensors");
        Assert.Contains(what, ran.Error, StringComparison.Ordinal);
    }

    private void Write(string folder, TestModel model, params (string Name, string Text)[] files)
    {
        model.Write(PathOf(folder));
        foreach (var (name, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(PathOf(folder), name))!);
            File.WriteAllText(Path.Combine(PathOf(folder), name), text);
        }
    }

    private async Task ExpectAsync(Func<string[], Task<Ran>> run, string step, params (string Name, string Text)[] expected)
    {
        var target = PathOf($"loaded-{step}");
        (await run(["load", "task", step, target])).Succeeded();
        Assert.Equal(
            [.. expected.Select(file => file.Name), "model.safetensors"],
            Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(target, path).Replace('\\', '/'))
                .Where(name => !Path.GetFileName(name).StartsWith('.')).OrderBy(name => name == "model.safetensors")
                .ThenBy(name => name, StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(file.Text, File.ReadAllText(Path.Combine(target, file.Name))));
    }
}
