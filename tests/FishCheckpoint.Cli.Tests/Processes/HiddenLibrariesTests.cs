using FishCheckpoint.Cli.Tests.Commands;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>The program on a system that has neither liblz4 nor libzstd.</summary>
[Trait("Category", "Slow")]
public sealed class HiddenLibrariesTests : CommandTest
{
    // In a namespace of mounts of its own an empty file covers each library; then the program takes the shell's place.
    private const string Hide = """
        for library in $(/sbin/ldconfig -p | sed -n 's/.*=> \(.*lib\(lz4\|zstd\)\.so.*\)/\1/p'); do
          mount --bind /dev/null "$(readlink -f "$library")" || exit 99
        done
        exec "$@"
        """;

    [Theory]
    [InlineData("Lz4")]
    [InlineData("Zstd")]
    public async Task SaveAndLoad_WithoutTheLibraries_AreThoseOfEverySystem(string compression)
    {
        Assert.SkipUnless(
            RealProgram.Has("unshare") && Environment.IsPrivilegedProcess, "Only root may hide files, by util-linux's unshare.");
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["FishCheckpoint__Compression__Effort"] = "Runs",
            ["FishCheckpoint__Compression__Positions"] = compression,
            ["FishCheckpoint__Compression__Values"] = compression,
        };
        var (first, second) = await PrepareAsync();
        var third = second.Change(3);
        await HiddenAsync(variables, "save", "task", "30", Write(third, "third"));
        (await RealProgram.RunAsync(RealProgram.Fish, ["save", "task", "40", Write(first, "fourth"), "--data", Data], variables))
            .Succeeded();

        foreach (var (step, model) in new[] { ("10", first), ("20", second), ("30", third), ("40", first) })
        {
            var (hidden, visible) = (PathOf($"hidden-{step}.safetensors"), PathOf($"visible-{step}.safetensors"));
            await HiddenAsync(variables, "load", "task", step, hidden);
            (await FishAsync("load", "task", step, visible)).Succeeded();
            Assert.Equal(model.ToBytes(), await File.ReadAllBytesAsync(hidden, Stop));
            Assert.Equal(model.ToBytes(), await File.ReadAllBytesAsync(visible, Stop));
        }
    }

    private async Task HiddenAsync(Dictionary<string, string> variables, params string[] arguments) => (await RealProgram.RunAsync(
        "unshare", ["-m", "bash", "-c", Hide, "bash", RealProgram.Fish, .. arguments, "--data", Data], variables)).Succeeded();
}
