using System.CommandLine;
using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting.Suggestions;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>Says on standard error what went wrong: code, cause, hint; with <c>--json</c> as JSON. Gives the exit code.</summary>
internal static class Failure
{
    /// <param name="terminal">Where to.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="code">The exit code of an error of the store's own, where it is not that of its kind.</param>
    public static int Print(Terminal terminal, Exception error, bool json = false, int? code = null)
    {
        switch (error)
        {
            case FishException fish:
                return Print(terminal, json, new FailureText(
                    ErrorCodes.NameOf(fish.Code), fish.Key, fish.Cause, fish.Hint, code ?? ExitCodes.Of(fish.Kind)));
            case OperationCanceledException when json:
                return Print(terminal, json, new FailureText("CANCELED", string.Empty, "Canceled.", string.Empty, ExitCodes.Canceled));
            case OperationCanceledException:
                terminal.SayError($"[yellow]Canceled.[/]");
                return ExitCodes.Canceled;
            case AggregateException { InnerExceptions: [{ } only] }:
                return Print(terminal, only, json, code);
            case IOException or UnauthorizedAccessException:
                return Print(terminal, json, new FailureText(
                    "IO_ERROR", error.GetType().Name, error.Message, "Check the path, its permissions and the free space.",
                    ExitCodes.Unexpected));
            default:
                Print(terminal, json, new FailureText(
                    "UNEXPECTED", error.GetType().Name, error.Message,
                    "This is a fault of the program; please report it with what follows.", ExitCodes.Unexpected));
                if (!json)
                {
                    terminal.Error.WriteLine(error);
                }

                return ExitCodes.Unexpected;
        }
    }

    /// <summary>Says why a command line cannot be read.</summary>
    public static int Usage(Terminal terminal, ParseResult parsed, bool json, IReadOnlyList<string> errors, string hint)
    {
        var path = UsageErrors.PathOf(parsed);
        var help = $"Try '{path} --help'.";
        if (json)
        {
            return Print(
                terminal, json, new FailureText("USAGE", path, string.Join(' ', errors), $"{hint} {help}".TrimStart(), ExitCodes.Usage));
        }

        foreach (var error in errors)
        {
            terminal.SayError($"[red]{KeyToken.Redact(error)}[/]");
        }

        foreach (var line in new[] { hint, help }.Where(line => line.Length > 0))
        {
            terminal.SayError($"{line}");
        }

        return ExitCodes.Usage;
    }

    private static int Print(Terminal terminal, bool json, FailureText failure)
    {
        var said = failure with { Key = KeyToken.Redact(failure.Key), Cause = KeyToken.Redact(failure.Cause) };
        if (json)
        {
            terminal.Error.WriteLine(JsonSerializer.Serialize(said, FishJson.Options));
            return said.Exit;
        }

        terminal.SayError($"[red]{said.Code}[/] {said.Key}");
        terminal.SayError($"  cause: {said.Cause}");
        if (said.Hint.Length > 0)
        {
            terminal.SayError($"  hint:  {said.Hint}");
        }

        return said.Exit;
    }

    /// <summary>A failure as JSON says it: the members that the server's problem details have too, and the exit code.</summary>
    private sealed record FailureText(string Code, string Key, string Cause, string Hint, int Exit);
}
