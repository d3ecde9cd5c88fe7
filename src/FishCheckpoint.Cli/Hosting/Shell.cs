using System.CommandLine;
using FishCheckpoint.Api;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>What every command stands on: the terminal, the settings, and the options that all of them take.</summary>
internal sealed class Shell(Terminal terminal, FishSettings settings)
{
    public Terminal Terminal => terminal;

    public FishSettings Settings => settings;

    /// <summary>The data folder to work on.</summary>
    public Option<string?> Data { get; } = new("--data")
    {
        Description = "The data folder to work on. Default: FishCheckpoint:DataFolder of appsettings.json.", HelpName = "DIR", Recursive = true,
    };

    /// <summary>The server to work on, in the place of a data folder.</summary>
    public Option<Uri?> Server { get; } = new("--server")
    {
        Description = "The server to work on, in the place of a data folder: http://HOST:PORT.", HelpName = "URL", Recursive = true,
        CustomParser = ServerAddress.Parse,
    };

    /// <summary>Whether the result is JSON.</summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Print the result as JSON, and nothing else, on standard output.", Recursive = true };

    /// <summary>The data folder of a call.</summary>
    public string DataFolderOf(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(Data) ?? settings.DataFolder);

    /// <summary>Runs a command on the store that the options name.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Does the work; its answer is the exit code.</param>
    public void OnStore(Command command, Func<Call, CancellationToken, Task<int>> run) => command.SetAction(async (parsed, cancellation) =>
    {
        await using var store = await OpenedStore.OpenAsync(this, parsed, cancellation);
        return await run(new Call(parsed, terminal, store, parsed.GetValue(Json)), cancellation);
    });

    /// <summary>As above, for commands whose only failures are errors.</summary>
    public void OnStore(Command command, Func<Call, CancellationToken, Task> run) => OnStore(
        command,
        async (call, cancellation) =>
        {
            await run(call, cancellation);
            return ExitCodes.Ok;
        });
}
