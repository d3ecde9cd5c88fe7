using System.CommandLine;
using FishCheckpoint.Api;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting;
using Microsoft.Extensions.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt serve</c>: the HTTP API in this process.</summary>
internal static class ServeCommand
{
    public static Command Create(Shell shell)
    {
        var urls = new Option<string?>("--urls")
        {
            Description = "The addresses to listen on. Default: Urls in appsettings.json.", HelpName = "URLS",
        };
        var local = new Option<bool>("--local")
        {
            Description =
                "Serve only this user's programs on this machine, on a Unix socket, until the last of them ends. The Python client uses "
                + "this.",
        };
        var command = new Command("serve", "Serve a data folder over HTTP, until Ctrl-C.") { urls, local };
        command.Validators.Add(result =>
        {
            if (result.GetValue(local) && result.GetValue(urls) is not null)
            {
                result.AddError("--local listens on its own socket: omit --urls.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var data = shell.DataFolderOf(parsed);
            if (parsed.GetValue(local))
            {
                await FishServer.RunLocalAsync(
                    Arguments(data, null), () => Call.Print(shell.Terminal, parsed.GetValue(shell.Json), new Served(data, []), served =>
                        shell.Terminal.Say($"Serving [bold]{served.Data}[/] to programs of this user. ",
                            $"The server stops after the last of them.")),
                        cancellation);
                return ExitCodes.Ok;
            }

            await using var server = FishServer.Build(Arguments(data, parsed.GetValue(urls)));
            await server.StartFishAsync(cancellation);
            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), new Served(data, [.. server.Urls]), served =>
                shell.Terminal.Say($"Serving [bold]{served.Data}[/] on [bold]{string.Join(' ', served.Urls)}[/]. ",
                    $"Ctrl-C stops the server."));
            await server.WaitForShutdownAsync(cancellation);
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record Served(string Data, IReadOnlyList<string> Urls);

    private static string[] Arguments(string data, string? urls) =>
        [$"--{FishSettings.Section}:{nameof(FishSettings.DataFolder)}={data}",
            .. urls is null ? Array.Empty<string>() : [$"--urls={urls}"]];
}
