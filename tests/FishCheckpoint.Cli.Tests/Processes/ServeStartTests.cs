using FishCheckpoint.Cli.Tests.Commands;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>A server that cannot start says why, once, and leaves the trace of the program's insides out.</summary>
[Trait("Category", "Slow")]
public sealed class ServeStartTests : CommandTest
{
    [Theory]
    [InlineData("file", "http://127.0.0.1:0", 9, "STORAGE_UNAVAILABLE ")]
    [InlineData("served", "http://0.0.0.0:0", 10, "ACCESS_UNPROTECTED ")]
    [InlineData("served", "nonsense", 3, "REQUEST_INVALID nonsense")]
    [InlineData("served", "http://127.0.0.1:99999", 3, "REQUEST_INVALID http://127.0.0.1:99999")]
    [InlineData("served", "https://127.0.0.1:0", 3, "REQUEST_INVALID https://127.0.0.1:0")]
    [InlineData("noise", "http://127.0.0.1:0", 8, "CORRUPT_STORE ")]
    public async Task Serve_ThatCannotStart_SaysWhyOnce(string folder, string urls, int exit, string beginning)
    {
        await File.WriteAllTextAsync(PathOf("file"), "no folder", Stop);
        Directory.CreateDirectory(PathOf("noise"));
        await File.WriteAllBytesAsync(Path.Combine(PathOf("noise"), "fish.db"), [.. Enumerable.Repeat((byte)7, 1 << 15)], Stop);
        var ran = await RealProgram.RunAsync(RealProgram.Fish, ["serve", "--data", PathOf(folder), "--urls", urls]);
        Assert.Equal(exit, ran.Exit);
        Assert.StartsWith(beginning, ran.Error, StringComparison.Ordinal);
        Assert.Equal(3, ran.Error.TrimEnd().Split('\n').Length);
        Assert.DoesNotContain("   at ", ran.Output + ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("crit:", ran.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FishCheckpoint__Limits__MaxConnections", "abc")]
    [InlineData("FishCheckpoint__Maintenance__CollectEvery", "often")]
    [InlineData("FishCheckpoint__Access__Required", "Never")]
    public async Task Settings_ThatCannotBeRead_AreNamed(string variable, string value)
    {
        var ran = await RealProgram.RunAsync(RealProgram.Fish, ["serve", "--data", PathOf("served")], new() { [variable] = value });
        ran.Failed(3, "REQUEST_INVALID FishCheckpoint");
        Assert.Contains(value, ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }
}
