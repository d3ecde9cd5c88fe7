using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class CommandLineTests : CommandTest
{
    [Fact]
    public async Task Help_OfTheRoot_ListsCommandsExamplesAndExitCodes()
    {
        var help = (await RunAsync("--help")).Succeeded().Output;
        foreach (var command in new[] { "serve", "demo", "bench", "base", "task", "save", "load", "ls", "show", "diff", "import", "export", "report", "verify", "backup", "restore", "repair", "tag", "rm" })
        {
            Assert.Matches($@"(?m)^  {command}\b", help);
            Assert.Contains("Exit codes:", (await RunAsync(command, "--help")).Succeeded().Output, StringComparison.Ordinal);
        }

        var save = (await RunAsync("save", "--help")).Output;
        Assert.Contains("Examples:", save, StringComparison.Ordinal);
        Assert.Contains("fish save sst2 100", save, StringComparison.Ordinal);
        Assert.DoesNotContain("fish load", save, StringComparison.Ordinal);
        Assert.Contains("fish save sst2 100 step100.safetensors --metric loss=0.31", help, StringComparison.Ordinal);
        Assert.All(ExitCodes.All, line => Assert.Contains($"{line.Code,3}  {line.Meaning}", help, StringComparison.Ordinal));
    }

    [Fact]
    public void ExitCodes_AllOfThem_AreOnTheirPage()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "CLI.md"));
        Assert.All(ExitCodes.All, line => Assert.Contains($"| {line.Code} | {line.Meaning} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void ExitCodes_EveryKindOfError_HasOneThatTheHelpLists()
    {
        Assert.All(Enum.GetValues<ErrorKind>(), kind => Assert.Contains(ExitCodes.All, line => line.Code == ExitCodes.Of(kind)));
        Assert.DoesNotContain(Enum.GetValues<ErrorKind>(), kind => ExitCodes.Of(kind) is ExitCodes.Ok or ExitCodes.Unexpected or ExitCodes.Usage);
    }

    [Theory]
    [InlineData]
    [InlineData("sail")]
    [InlineData("load", "task")]
    [InlineData("ls", "--server", "not-a-url")]
    [InlineData("ls", "--nonsense")]
    public async Task Usage_ThatCannotBeRead_IsTwo(params string[] arguments)
    {
        var ran = await RunAsync(arguments);
        Assert.Equal((2, string.Empty), (ran.Exit, ran.Output));
        Assert.Contains("--help'", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_Unreachable_IsUnavailable() =>
        (await RunAsync("ls", "--server", "http://127.0.0.1:1")).Failed(9, "SERVER_UNAVAILABLE http://127.0.0.1:1/");

    [Fact]
    public async Task Server_WithADataFolderToo_IsRefused() =>
        (await FishAsync("ls", "--server", "http://127.0.0.1:1")).Failed(3, "REQUEST_INVALID --server");

    [Fact]
    public async Task BaseAdd_HostileHeader_IsTooLarge()
    {
        await File.WriteAllBytesAsync(PathOf("bad"), [255, 255, 255, 255, 255, 0, 0, 0, (byte)'{', (byte)'}'], Stop);
        (await FishAsync("base", "add", "bad", PathOf("bad"))).Failed(7, "HEADER_TOO_LARGE");
        (await FishOverHttpAsync("base", "add", "bad", PathOf("bad"))).Failed(7, "HEADER_TOO_LARGE");
    }

    [Fact]
    public async Task Canceled_Command_SaysSo()
    {
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        using var error = new StringWriter();
        var shell = new Shell(Cli.Output.Terminal.Of(TextWriter.Null, error), new Api.Settings.FishSettings());
        Assert.Equal(ExitCodes.Canceled, await FishCommandLine.RunAsync(["ls", "--data", Data], shell, canceled.Token));
        Assert.Contains("Canceled", error.ToString(), StringComparison.Ordinal);
    }
}
