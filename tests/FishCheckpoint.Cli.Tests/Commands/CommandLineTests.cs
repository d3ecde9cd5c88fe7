using System.Text.RegularExpressions;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class CommandLineTests : CommandTest
{
    [Fact]
    public async Task Help_OfTheRoot_ListsCommandsExamplesAndExitCodes()
    {
        var help = (await RunAsync("--help")).Succeeded().Output;
        Assert.All(["Data:", "Tasks:", "Operate:", "Exchange:"], group => Assert.Contains($"\n{group}\n", help, StringComparison.Ordinal));
        foreach (var command in new[] { "serve", "demo", "bench", "base", "task", "save", "load", "ls", "show", "diff", "import", "export",
            "report", "verify", "backup", "restore", "repair", "tag", "rm" })
        {
            Assert.Matches($@"(?m)^  {command}\b", help);
            var own = (await RunAsync(command, "--help")).Succeeded().Output;
            Assert.DoesNotMatch("(?m)^  --server", own);
            Assert.Contains("'fishckpt help'", own, StringComparison.Ordinal);
        }

        var save = (await RunAsync("save", "--help")).Output;
        Assert.Contains("Examples:", save, StringComparison.Ordinal);
        Assert.Contains("fishckpt save sst2 100", save, StringComparison.Ordinal);
        Assert.DoesNotContain("fishckpt load", save, StringComparison.Ordinal);
        Assert.Contains("fishckpt save sst2 100 step100.safetensors --metric loss=0.31", help, StringComparison.Ordinal);
        Assert.All(ExitCodes.All, line => Assert.Contains($"{line.Code,3}  {line.Meaning}", help, StringComparison.Ordinal));
        Assert.Single(Regex.Matches(help, "(?m)^  --server URL"));
    }

    [Fact]
    public async Task Help_OfAnyKind_IsTheSame()
    {
        var help = (await RunAsync("--help")).Succeeded().Output;
        Assert.Equal(help, (await RunAsync()).Succeeded().Output);
        Assert.Equal(help, (await RunAsync("help")).Succeeded().Output);
        var set = (await RunAsync("help", "task", "set")).Succeeded().Output;
        Assert.Contains("fishckpt task set TASK [OPTIONS]", set, StringComparison.Ordinal);
        Assert.Equal(set, (await RunAsync("task", "set", "--help")).Succeeded().Output);
        var unknown = await RunAsync("help", "sav");
        Assert.Equal((2, string.Empty), (unknown.Exit, unknown.Output));
        Assert.Contains("Did you mean 'save'?", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_InATerminal_FitsIt()
    {
        using var output = new StringWriter();
        var traits = TerminalTraits.Plain with { OutputIsTerminal = true, Columns = 80 };
        var shell = new Shell(Terminal.Of(output, TextWriter.Null, traits), new Api.Settings.FishSettings());
        Assert.Equal(0, await FishCommandLine.RunAsync(["help", "task"], shell, Stop));
        Assert.All(output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Version_OfTheCommand_IsTheProgramsOwn() =>
        Assert.Equal(ProgramInfo.Version, (await RunAsync("version")).Succeeded().Output.TrimEnd());

    [Fact]
    public void ExitCodes_EveryKindOfError_HasOneThatTheHelpLists()
    {
        Assert.All(Enum.GetValues<ErrorKind>(), kind => Assert.Contains(ExitCodes.All, line => line.Code == ExitCodes.Of(kind)));
        Assert.DoesNotContain(Enum.GetValues<ErrorKind>(), kind =>
            ExitCodes.Of(kind) is ExitCodes.Ok or ExitCodes.Unexpected or ExitCodes.Usage);
    }

    [Theory]
    [InlineData("sail")]
    [InlineData("load", "task")]
    [InlineData("base")]
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
        var shell = new Shell(Terminal.Of(TextWriter.Null, error), new Api.Settings.FishSettings());
        Assert.Equal(ExitCodes.Canceled, await FishCommandLine.RunAsync(["ls", "--data", Data], shell, canceled.Token));
        Assert.Contains("Canceled", error.ToString(), StringComparison.Ordinal);
    }
}
