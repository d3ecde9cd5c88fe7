using System.CommandLine;
using FishCheckpoint.Api;
using FishCheckpoint.Cli.Hosting;
using Microsoft.Extensions.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish serve</c>: the HTTP API in this process.</summary>
internal static class ServeCommand
{
    public static Command Create(Shell shell)
    {
        var urls = new Option<string?>("--urls") { Description = "Where to listen. Default: Urls of appsettings.json.", HelpName = "URLS" };
        var command = new Command("serve", "Serve a data folder over HTTP, until Ctrl-C.") { urls };
        command.SetAction(async (parsed, cancellation) =>
        {
            var data = shell.DataFolderOf(parsed);
            await using var server = FishServer.Build(Arguments(data, parsed.GetValue(urls)));
            await server.StartAsync(cancellation);
            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), new Served(data, [.. server.Urls]), served =>
                shell.Terminal.Say($"Serving [bold]{served.Data}[/] on [bold]{string.Join(' ', served.Urls)}[/]. Ctrl-C ends it."));
            await server.WaitForShutdownAsync(cancellation);
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record Served(string Data, IReadOnlyList<string> Urls);

    private static string[] Arguments(string data, string? urls) =>
        [$"--{FishSettings.Section}:{nameof(FishSettings.DataFolder)}={data}", .. urls is null ? Array.Empty<string>() : [$"--urls={urls}"]];
}
