using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Cli.Tests.Processes;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

/// <summary>The real program, in pseudo terminals and without one.</summary>
public sealed class TerminalProcessTests : CommandTest
{
    private const char Escape = '\u001b';
    private const string Escapes = @"\x1b";
    private const string Colors = @"\x1b\[[\d;]*m";

    // The framework's, before the first output to a terminal.
    private const string KeypadMode = "\u001b[?1h\u001b=";

    [Theory]
    [InlineData("NO_COLOR", "no", Colors)]
    [InlineData("TERM", "dumb", Escapes)]
    public async Task Terminal_WithColorsRefused_IsSentNone(string variable, string value, string refused)
    {
        Require();
        await PrepareAsync();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { [variable] = value };
        foreach (var arguments in new[] { "ls task", "--help", "sail" })
        {
            var sent = await RealProgram.InTerminalAsync(120, $"{arguments} --data {Data}", variables);
            Assert.NotEmpty(sent);
            Assert.DoesNotMatch(refused, sent);
        }
    }

    [Fact]
    public async Task Terminal_AsUsual_HasColors()
    {
        Require();
        await PrepareAsync();
        Assert.Matches(Colors, await RealProgram.InTerminalAsync(120, $"ls task --data {Data}"));
        Assert.Matches(
            Colors, await RealProgram.InTerminalAsync(120, $"ls task --data {Data}", new(StringComparer.Ordinal) { ["NO_COLOR"] = "" }));
    }

    [Fact]
    public async Task Pipe_HasColorsOnlyIfForced()
    {
        await PrepareAsync();
        string[] arguments = ["ls", "task", "--data", Data];
        Assert.DoesNotContain(Escape, (await RealProgram.RunAsync(RealProgram.Fish, arguments)).Succeeded().Output);
        Assert.Contains(
            Escape,
            (await RealProgram.RunAsync(RealProgram.Fish, arguments, new(StringComparer.Ordinal) { ["CLICOLOR_FORCE"] = "1" })).Output);
        Assert.DoesNotContain(
            Escape,
            (await RealProgram.RunAsync(
                RealProgram.Fish, arguments, new(StringComparer.Ordinal) { ["FORCE_COLOR"] = "1", ["NO_COLOR"] = "1" })).Output);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(200)]
    public async Task Table_InATerminal_KeepsToItsWidth(int columns)
    {
        Require();
        await PrepareAsync();
        var sent = await RealProgram.InTerminalAsync(columns, $"ls task --data {Data}", new(StringComparer.Ordinal) { ["NO_COLOR"] = "1" });
        var lines = sent.Replace(KeypadMode, string.Empty, StringComparison.Ordinal).ReplaceLineEndings("\n").Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, columns));
        Assert.Equal(columns < 100, sent.Contains("not shown here", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  10", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Table_IntoAPipe_IsWhole()
    {
        await PrepareAsync();
        var output =
            (await RealProgram.RunAsync(
                RealProgram.Fish, ["ls", "task", "--data", Data], new(StringComparer.Ordinal) { ["COLUMNS"] = "40" })).Succeeded().Output;
        Assert.Contains("accuracy=0.9 loss=0.25", output, StringComparison.Ordinal);
        Assert.DoesNotContain("…", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipe_ThatIsClosed_IsNoFailure()
    {
        Assert.SkipUnless(RealProgram.Has("bash"), "bash is not installed, or this is not Linux");
        await PrepareAsync();
        var ran = await RealProgram.RunAsync("bash", ["-c", $"set -o pipefail; {RealProgram.Fish} ls task --data {Data} | true"]);
        Assert.Equal((0, string.Empty), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Progress_ThatCtrlCEnds_LeavesTheCursorVisible()
    {
        Require();
        var log = Path.Combine(Folder, "terminal.log");
        var ran = await RealProgram.RunAsync(
            "bash",
            [
                "-c",
                $"(until grep -qs '?25l' {log}; do sleep 0.1; done; printf '\\003') | "
                + $"script -qefc 'stty cols 100; exec {RealProgram.Fish} demo --data {Data}' {log}",
            ],
            new(StringComparer.Ordinal) { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" });
        Assert.Equal(130, ran.Exit);
        Assert.Contains("pretraining", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch(Colors, ran.Output);
        var hidden = ran.Output.LastIndexOf("?25l", StringComparison.Ordinal);
        Assert.InRange(ran.Output.LastIndexOf("?25h", StringComparison.Ordinal), hidden, ran.Output.Length);
    }

    [Fact]
    public async Task Version_IsTheProgramsOwn() =>
        Assert.Matches(@"^\d+\.\d+\.\d+", (await RealProgram.RunAsync(RealProgram.Fish, ["--version"])).Succeeded().Output);

    private static void Require() => Assert.SkipUnless(
        RealProgram.Has("script") && RealProgram.Has("stty"),
        "script and stty (bsdutils, coreutils) are not installed, or this is not Linux");
}
