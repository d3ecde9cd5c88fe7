using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt ready</c>: for scripts and containers.</summary>
internal static class ReadyCommand
{
    public static Command Create(Shell shell)
    {
        var wait = new Option<double>("--wait")
        {
            Description = "How long to keep asking, in seconds. Default: ask once.", HelpName = "S",
        };
        var command =
            new Command(
                "ready", "Ask a server whether it is ready: its store is open, its disk is writable, and it is not stopping.")
        {
            wait,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var server = shell.ServerOf(parsed) ?? throw new FishException(
                ErrorCode.RequestInvalid, "--server", "This command needs a server.",
                "Give the URL of a server: --server http://127.0.0.1:5080, or set FISH_SERVER.");
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
            ErrorCode.RequestInvalid, "--wait", $"{seconds} seconds is not a valid time to wait.",
            "Give a positive number, or omit the option.");
}
