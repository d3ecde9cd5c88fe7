using System.CommandLine;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>What <c>--json</c> prints keeps its names and kinds: programs read it.</summary>
public sealed class JsonShapeTests : CommandTest
{
    [Fact]
    public async Task Json_OfEveryCommand_HasItsShape()
    {
        var model = Write(Base, "base");
        await ApproveAsync("base add", "base", model);
        await ApproveAsync("task add", "task", "--base", "base", "--monitor", "loss", "--keep-last", "5", "--own", "head.weight:F32:2,4");
        (await FishAsync("task", "add", "plain", "--base", "base", "--monitor", "loss")).Succeeded();
        await ApproveAsync("save", "plain", "10", Write(Base.Change(1), "first"), "--metric", "loss=0.5", "--metadata", "run=a1");
        (await FishAsync("save", "plain", "20", Write(Base.Change(2), "second"), "--metric", "loss=0.25", "--metadata", "run=a1"))
            .Succeeded();
        await ApproveAsync("task set", "plain", "--keep-last", "4", "--metadata", "seed=1");
        await ApproveAsync("tag", "plain", "release", "10");
        await ApproveAsync("pin", "plain", "10");
        foreach (var (name, command) in new[]
        {
            ("base ls", "base ls"), ("task ls", "task ls"), ("ls", "ls"), ("ls TASK", "ls plain"), ("show", "show plain 10"),
                ("diff", "diff plain base 20"),
            ("verify", "verify"), ("verify TASK STEP", "verify plain 10"), ("recode", "recode"), ("fold", "fold"), ("report", "report"),
            ("report TASK", "report plain"),
            ("report --base", "report --base base"), ("report --tensors", "report plain --tensors"), ("report --growth", "report --growth"),
        })
        {
            await CheckAsync(name, [.. command.Split(' '), "--data", Data]);
        }

        await ApproveAsync("load", "plain", "10", PathOf("out.safetensors"));
        await ApproveAsync("pull", "plain", PathOf("pulled"));
        Directory.CreateDirectory(PathOf("drops"));
        Write(Base.Change(3), "drops/step_30.safetensors");
        await ApproveAsync("watch", PathOf("drops"), "--task", "plain", "--once", "--settle", "0s");
        await ApproveAsync("task quota", "task", "1GB");
        await ApproveAsync("key add", "trainer", "--scope", "write", "--task", "plain", "--expires", "30d", "--quota", "1GB");
        await ApproveAsync("key ls");
        await ApproveAsync("key revoke", "trainer");
        await ApproveAsync("export", "disk-delta", PathOf("versions"), "--task", "plain", "--from", "base", "--to", "latest");
        await ApproveAsync("import", "disk-delta", PathOf("versions"), "--task", "imported", "--base", "base");
        await ApproveAsync("backup", PathOf("backup"));
        await CheckAsync("restore", ["restore", PathOf("backup"), PathOf("restored")]);
        await ApproveAsync("repair", "--to", PathOf("repaired"));
        (await FishAsync("task", "add", "short", "--base", "base", "--keep-last", "1")).Succeeded();
        (await FishAsync("save", "short", "1", PathOf("first"))).Succeeded();
        (await FishAsync("save", "short", "2", PathOf("second"))).Succeeded();
        await ApproveAsync("gc");
        await ApproveAsync("rm", "plain", "20");
        await CheckAsync("ls --deleted", ["ls", "--deleted", "--data", Data]);
        await CheckAsync("ls TASK --deleted", ["ls", "plain", "--deleted", "--data", Data]);
        await CheckAsync("undelete TASK STEP", ["undelete", "plain", "20", "--data", Data]);
        (await FishAsync("rm", "short", "--all")).Succeeded();
        await CheckAsync("undelete TASK", ["undelete", "short", "--data", Data]);
        (await FishAsync("base", "add", "alias", model)).Succeeded();
        await ApproveAsync("base rm", "alias", "--yes");
        await ApproveAsync("audit");
        await CheckAsync("help", ["help", "save"]);
        await CheckAsync("version", ["version"]);
        await CheckAsync("completion", ["completion", "bash"]);
        await CheckAsync("doctor", ["doctor", "--data", PathOf("none")]);
        await CheckAsync("ready", ["ready", "--server", await ServerAsync()]);
        await CheckAsync("bench", ["bench", model, PathOf("first"), "--rounds", "1", "--temp", Folder]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Json_OfServe_SaysWhereItListens()
    {
        using var output = new StringWriter();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var said = TextWriter.Synchronized(output);
        var shell = new Shell(Terminal.Of(said, TextWriter.Null), new FishSettings());
        var serving = FishCommandLine.RunAsync(["serve", "--urls", "http://127.0.0.1:0", "--data", Data, "--json"], shell, stop.Token);
        for (var tries = 0; tries < 600 && output.ToString().Length == 0 && !serving.IsCompleted; tries++)
        {
            await Task.Delay(100, Stop);
        }

        await stop.CancelAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        JsonShape.Approve("serve", output.ToString());
    }

    [Fact]
    public void Commands_AllOfThem_HaveAnApprovedShape()
    {
        var root = FishCommandLine.Create(new Shell(Terminal.Of(TextWriter.Null, TextWriter.Null), new FishSettings()));
        Assert.All(
            Leaves(root, []), command => Assert.Contains(
                JsonShape.Commands, approved => approved == command || approved.StartsWith($"{command} ", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Leaves(Command command, string[] path) => command.Subcommands.Count == 0
        ? [string.Join(' ', path)]
        : command.Subcommands.Where(child => !child.Hidden).SelectMany(child => Leaves(child, [.. path, child.Name]));

    private Task ApproveAsync(string command, params string[] arguments) =>
        CheckAsync(command, [.. command.Split(' '), .. arguments, "--data", Data]);

    private static async Task CheckAsync(string name, string[] arguments)
    {
        var ran = await RunAsync([.. arguments, "--json"]);
        Assert.True(ran.Exit == 0, $"{name}: {ran.Error}");
        JsonShape.Approve(name, ran.Output);
    }
}
