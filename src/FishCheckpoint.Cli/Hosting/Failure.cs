using System.CommandLine;
using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting.Suggestions;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>Prints an error on standard error: code, cause and hint; with <c>--json</c> as JSON. Returns the exit code.</summary>
internal static class Failure
{
    /// <param name="terminal">The terminal.</param>
    /// <param name="error">The error.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="code">The exit code of a store's error, if it is not that of its kind.</param>
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
                    "This is a bug. Please report it with the text below.", ExitCodes.Unexpected));
                if (!json)
                {
                    terminal.Error.WriteLine(error);
                }

                return ExitCodes.Unexpected;
        }
    }

    /// <summary>Prints the errors of a command line.</summary>
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
        var shown = failure with { Key = KeyToken.Redact(failure.Key), Cause = KeyToken.Redact(failure.Cause) };
        if (json)
        {
            terminal.Error.WriteLine(JsonSerializer.Serialize(shown, FishJson.Options));
            return shown.Exit;
        }

        terminal.SayError($"[red]{shown.Code}[/] {shown.Key}");
        terminal.SayError($"  cause: {shown.Cause}");
        if (shown.Hint.Length > 0)
        {
            terminal.SayError($"  hint:  {shown.Hint}");
        }

        return shown.Exit;
    }

    /// <summary>A failure as JSON: the members of the server's problem details, and the exit code.</summary>
    private sealed record FailureText(string Code, string Key, string Cause, string Hint, int Exit);
}
