using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Hosting;

/// <summary>Where a command works: options, the environment, the settings; and what it does if nothing is there.</summary>
public sealed class PlaceTests : CommandTest
{
    [Theory]
    [InlineData("ls")]
    [InlineData("ls", "task")]
    [InlineData("base", "ls")]
    [InlineData("verify")]
    [InlineData("verify", "--quick")]
    [InlineData("report")]
    [InlineData("gc")]
    [InlineData("fold")]
    [InlineData("recode")]
    [InlineData("audit")]
    [InlineData("key", "ls")]
    [InlineData("show", "task", "1")]
    [InlineData("task", "add", "task", "--base", "base")]
    [InlineData("rm", "task", "--all")]
    public async Task Command_OnAFolderThatIsNotThere_CreatesNone(params string[] arguments)
    {
        (await FishAsync(arguments)).Failed(4, $"STORE_NOT_FOUND {Data}");
        Assert.False(Directory.Exists(Data));
        (await FishAsync([.. arguments, "--json"])).Failed(4, $"STORE_NOT_FOUND {Data}");
        Directory.CreateDirectory(Data);
        (await FishAsync(arguments)).Failed(4, $"STORE_NOT_FOUND {Data}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
    }

    [Fact]
    public async Task Command_DatabaseMissingBesideBases_IsRefusedByAll()
    {
        await PrepareAsync();
        File.Delete(Path.Combine(Data, "fish.db"));
        (await FishAsync("ls")).Failed(8, $"CORRUPT_STORE {Data}");
        (await FishAsync("verify")).Failed(8, $"CORRUPT_STORE {Data}");
        (await FishAsync("base", "add", "again", PathOf("base"))).Failed(8, $"CORRUPT_STORE {Data}");
        (await FishAsync("key", "add", "root", "--scope", "admin")).Failed(8, $"CORRUPT_STORE {Data}");
        (await FishAsync("serve", "--urls", "http://127.0.0.1:0")).Failed(8, $"CORRUPT_STORE {Data}");
        Assert.Equal(8, (await FishAsync("doctor")).Exit);
        Assert.False(File.Exists(Path.Combine(Data, "fish.db")));
    }

    [Fact]
    public async Task List_OfNothing_NamesTheFolder()
    {
        (await FishAsync("base", "add", "base", Write(Base, "base"))).Succeeded();
        Assert.Contains($"No tasks in the data folder {Data}.", Flat(await FishAsync("ls")), StringComparison.Ordinal);
        Assert.Contains($"No keys in the data folder {Data}.", Flat(await FishAsync("key", "ls")), StringComparison.Ordinal);
        Assert.Contains("No tasks in the server http://", Flat(await FishOverHttpAsync("task", "ls")), StringComparison.Ordinal);
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        Assert.Contains("No checkpoints of task in", Flat(await FishAsync("ls", "task")), StringComparison.Ordinal);
        Assert.Equal("[]", (await FishAsync("ls", "task", "--json")).Succeeded().Output.Trim());
    }

    [Fact]
    public async Task Environment_NamesFolderOrServer_UnlessAnOptionDoes()
    {
        await PrepareAsync();
        var (server, other) = (await ServerAsync(), PathOf("other"));
        var (data, missing) = (new FishSettings { DataFolder = Data }, new FishSettings { DataFolder = other });
        (await RunAsync(missing, [("FISH_DATA", Data)], "ls", "task")).Succeeded();
        (await RunAsync(missing, [("FISH_DATA", "")], "ls", "task")).Failed(4, $"STORE_NOT_FOUND {other}");
        (await RunAsync(data, [("FISH_DATA", other)], "ls", "task")).Failed(4, $"STORE_NOT_FOUND {other}");
        (await RunAsync(missing, [("FISH_DATA", other)], "ls", "task", "--data", Data)).Succeeded();
        (await RunAsync(missing, [("FISH_SERVER", server)], "ls", "task")).Succeeded();
        (await RunAsync(data, [("FISH_SERVER", "http://127.0.0.1:1")], "ls", "task")).Failed(9, "SERVER_UNAVAILABLE");
        (await RunAsync(missing, [("FISH_SERVER", "http://127.0.0.1:1")], "ls", "task", "--data", Data)).Succeeded();
        (await RunAsync(missing, [("FISH_DATA", other)], "ls", "task", "--server", server)).Succeeded();
        (await RunAsync(missing, [("FISH_SERVER", server)], "ready")).Succeeded();
        (await RunAsync(data, [("FISH_SERVER", "models.example")], "ls")).Failed(3, "REQUEST_INVALID FISH_SERVER");
        (await RunAsync(data, [("FISH_SERVER", server), ("FISH_DATA", Data)], "ls")).Failed(3, "REQUEST_INVALID FISH_SERVER");
        (await RunAsync(data, [("FISH_SERVER", server), ("FISH_DATA", Data)], "ls", "--data", Data)).Succeeded();
        (await RunAsync(data, [("FISH_SERVER", server), ("FISH_DATA", Data)], "ls", "--server", server)).Succeeded();
    }

    [Fact]
    public async Task Identity_OfOneStore_IsTheSameEverywhere()
    {
        await PrepareAsync();
        var report = (await FishAsync("report", "--json")).Json<StorageReport>();
        Assert.Equal(report.Store, (await FishOverHttpAsync("report", "--json")).Json<StorageReport>().Store);
        Assert.Contains($"store: {report.Store}", (await FishAsync("report")).Output, StringComparison.Ordinal);
        Assert.Contains(report.Store!, (await FishAsync("doctor")).Output, StringComparison.Ordinal);
        Assert.Contains(report.Store!, (await FishOverHttpAsync("doctor")).Output, StringComparison.Ordinal);
        Assert.Contains(report.Store!, (await FishAsync("backup", PathOf("backup"))).Output, StringComparison.Ordinal);
    }

    private static string Flat(Ran ran) => string.Join(' ', ran.Succeeded().Output.Split((char[]?)null,
        StringSplitOptions.RemoveEmptyEntries));

    private static async Task<Ran> RunAsync(FishSettings settings, (string Name, string Value)[] variables, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var shell = new Shell(Terminal.Of(output, error), settings) { Variable = name => Array.Find(variables,
            variable => variable.Name == name).Value };
        return new Ran(await FishCommandLine.RunAsync(arguments, shell, Stop), output.ToString(), error.ToString());
    }
}
