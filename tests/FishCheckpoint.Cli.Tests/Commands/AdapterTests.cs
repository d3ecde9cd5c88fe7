using FishCheckpoint.Contract;
using FishCheckpoint.Interchange.Export;
using FishCheckpoint.Interchange.Import;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>Differences of other systems, from the command line.</summary>
public sealed class AdapterTests : CommandTest
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Torch", "Adapters");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_AdaptersOnABaseOfPyTorch_AreWhatPyTorchMakesOfThem(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        (await Run("base", "add", "base", Path.Combine(Golden, "base.pt"))).Succeeded();
        var names = PathOf("parameters.txt");
        await File.WriteAllLinesAsync(
            names, ["embed.weight", "layer.weight", "layer.bias", "half.weight", "wide.weight", "conv.weight"], Stop);
        foreach (var (format, more) in new (string, string[])[] { ("fish-diff", ["--parameters", names]), ("lt-sft", []), ("shira", []) })
        {
            var report =
                (await Run(["import", format, Path.Combine(Golden, format), "--task", format, "--base", "base", .. more, "--json"]))
                .Json<ImportReport>();
            Assert.Equal((format, 2), (report.Format, report.Saved));
            (await Run("load", format, "2", PathOf($"{format}.safetensors"))).Succeeded();
            using var expected = TorchModel.Open(Path.Combine(Golden, "expected", $"{format}-2.pt"));
            using var bytes = new MemoryStream();
            await expected.AsStream().CopyToAsync(bytes, Stop);
            Assert.Equal(bytes.ToArray(), await File.ReadAllBytesAsync(PathOf($"{format}.safetensors"), Stop));
        }

        (await Run("export", "shira", PathOf("refused"), "--task", "lt-sft", "--from", "base", "--to", "2"))
            .Failed(3, "VERSION_INVALID 1: conv.weight");
        (
            await Run(
                "import", "fish-diff", Path.Combine(Golden, "fish-diff"), "--task", "other", "--base", "base", "--parameters",
                PathOf("nowhere"))).Failed(4, "FILE_NOT_FOUND");
    }

    [Fact]
    public async Task Import_ParametersWithoutAnEnd_IsRefused()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no file without an end.");
        (await FishAsync("base", "add", "base", Path.Combine(Golden, "base.pt"))).Succeeded();
        var folder = Path.Combine(Golden, "fish-diff");
        (await FishAsync("import", "fish-diff", folder, "--task", "endless", "--base", "base", "--parameters", "/dev/zero"))
            .Failed(7, "TOO_LARGE /dev/zero");
        (await FishAsync("show", "endless", "1")).Failed(4, "TASK_NOT_FOUND");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_Shira_GivesTheSameBack(bool overHttp)
    {
        Task<Ran> Run(params string[] arguments) => overHttp ? FishOverHttpAsync(arguments) : FishAsync(arguments);
        var model = TestModel.Create(
            1, null, new TensorInfo("a.weight", DType.BF16, [16, 24]), new TensorInfo("b.weight", DType.F32, [8, 8]),
            new TensorInfo("b.bias", DType.F32, [8]));
        Array.Clear(model["a.weight"]);
        Array.Clear(model["b.weight"]);
        var changed = model.Copy();
        (changed["a.weight"][100], changed["a.weight"][101], changed["b.weight"][30], changed["b.weight"][31]) = (0x80, 0x3F, 0x49, 0xC0);
        (await Run("base", "add", "base", Write(model, "model"))).Succeeded();
        (await Run("task", "add", "task", "--base", "base")).Succeeded();
        (await Run("save", "task", "5", Write(changed, "changed"))).Succeeded();

        var exported =
            (await Run("export", "peft-shira", PathOf("adapters"), "--task", "task", "--from", "base", "--to", "latest", "--json"))
            .Json<ExportReport>();
        Assert.Equal(["checkpoint-5"], exported.Versions.Select(version => Path.GetFileName(version.Path)));
        (await Run("import", "shira", PathOf("adapters"), "--task", "other", "--base", "base")).Succeeded();
        (await Run("load", "other", "5", PathOf("out.safetensors"))).Succeeded();
        Assert.Equal(changed.ToBytes(), await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));
    }
}
