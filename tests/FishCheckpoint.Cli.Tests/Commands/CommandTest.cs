using System.Text.Json;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Demo;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

/// <summary>Runs commands in this process, on a data folder of the test's own.</summary>
public abstract class CommandTest : IAsyncLifetime
{
    private DemoServer? server;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("fish-cli-").FullName;

    internal string Data => Path.Combine(Folder, "data");

    internal TestModel Base { get; } = TestModel.Create();

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs a command on the data folder.</summary>
    internal Task<Ran> FishAsync(params string[] arguments) => RunAsync([.. arguments, "--data", Data]);

    /// <summary>Runs a command on a server of the data folder, over HTTP.</summary>
    internal async Task<Ran> FishOverHttpAsync(params string[] arguments)
    {
        return await RunAsync([.. arguments, "--server", await ServerAsync()]);
    }

    /// <summary>The address of a server of the data folder.</summary>
    internal async Task<string> ServerAsync() => (server ??= await DemoServer.StartAsync(Data, Stop)).Address.AbsoluteUri;

    /// <summary>Runs a command as it stands.</summary>
    internal static Task<Ran> RunAsync(params string[] arguments) => RunAsync(new FishSettings(), arguments);

    /// <summary>Runs a command as it stands, with settings.</summary>
    internal static async Task<Ran> RunAsync(FishSettings settings, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await FishCommandLine.RunAsync(
            arguments, new Shell(Terminal.Of(output, error), settings) { SuggestPatience = TimeSpan.FromSeconds(60) }, Stop);
        return new Ran(exit, output.ToString(), error.ToString());
    }

    internal string Write(TestModel model, string name) => model.Write(Path.Combine(Folder, name));

    internal string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Makes base, task and two checkpoints, and gives their models.</summary>
    internal async Task<(TestModel First, TestModel Second)> PrepareAsync()
    {
        var (first, second) = (Base.Change(1), Base.Change(1).Change(2, 0.001));
        (await FishAsync("base", "add", "base", Write(Base, "base"))).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base", "--monitor", "loss")).Succeeded();
        (await FishAsync("save", "task", "10", Write(first, "first"), "--metric", "loss=0.5")).Succeeded();
        (await FishAsync("save", "task", "20", Write(second, "second"), "--metric", "loss=0.25", "--metric", "accuracy=0.9")).Succeeded();
        return (first, second);
    }
}

/// <summary>What a command did.</summary>
internal sealed record Ran(int Exit, string Output, string Error)
{
    public Ran Succeeded()
    {
        Assert.True(Exit == 0, Error);
        Assert.Empty(Error);
        return this;
    }

    /// <summary>Checks a refusal: its exit code, its code, cause and hint on standard error, and nothing on standard output.</summary>
    public void Failed(int exit, string code)
    {
        Assert.Equal((exit, string.Empty), (Exit, Output));
        if (Error.StartsWith('{'))
        {
            using var json = JsonDocument.Parse(Error);
            var (said, key) = (json.RootElement.GetProperty("code").GetString(), json.RootElement.GetProperty("key").GetString());
            Assert.StartsWith(code, $"{said} {key}", StringComparison.Ordinal);
            Assert.NotEmpty(json.RootElement.GetProperty("cause").GetString()!);
            return;
        }

        Assert.StartsWith(code, Error, StringComparison.Ordinal);
        Assert.Contains("cause: ", Error, StringComparison.Ordinal);
        Assert.Contains("hint:  ", Error, StringComparison.Ordinal);
    }

    /// <summary>Reads standard output as JSON, and nothing but JSON.</summary>
    public T Json<T>() => JsonSerializer.Deserialize<T>(Succeeded().Output, FishJson.Options)!;
}
