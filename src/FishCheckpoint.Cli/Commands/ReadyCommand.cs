using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish ready</c>: for scripts and containers, which have no other way to ask.</summary>
internal static class ReadyCommand
{
    public static Command Create(Shell shell)
    {
        var wait = new Option<double>("--wait")
        {
            Description = "How long to go on asking, in seconds. Default: ask once.", HelpName = "S",
        };
        var command =
            new Command("ready", "Ask a server whether it is ready: its store open, its disk writable, and not about to stop.") { wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var server = shell.ServerOf(parsed) ?? throw new FishException(
                ErrorCode.RequestInvalid, "--server", "Only a server can be asked whether it is ready.",
                "Give its URL: --server http://127.0.0.1:5080, or set FISH_SERVER.");
            await using var client = FishClient.Connect(server);
            await client.WaitUntilReadyAsync(TimeOf(parsed.GetValue(wait)), cancellationToken: cancellation);
            Call.Print(shell.Terminal, parsed.GetValue(shell.Json), new Answer(true), _ => shell.Terminal.Say($"ready"));
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record Answer(bool Ready);

    private static TimeSpan TimeOf(double seconds) =>
        seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds)
        : throw new FishException(
            ErrorCode.RequestInvalid, "--wait", $"{seconds} seconds are no time to wait.", "Give seconds, or leave it out.");
}
