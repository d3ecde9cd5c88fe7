using System.CommandLine;
using FishCheckpoint.Access;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using Spectre.Console;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>Says on standard error what went wrong: code, cause, hint. Gives the exit code.</summary>
internal static class Failure
{
    public static int Print(Terminal terminal, Exception error)
    {
        switch (error)
        {
            case FishException fish:
                Print(terminal, ErrorCodes.NameOf(fish.Code), fish.Key, fish.Cause, fish.Hint);
                return ExitCodes.Of(fish.Kind);
            case OperationCanceledException:
                terminal.ErrorConsole.MarkupLine("[yellow]Canceled.[/]");
                return ExitCodes.Canceled;
            case AggregateException { InnerExceptions: [{ } only] }:
                return Print(terminal, only);
            case IOException or UnauthorizedAccessException:
                Print(terminal, "IO_ERROR", error.GetType().Name, error.Message, "Check the path, its permissions and the free space.");
                return ExitCodes.Unexpected;
            default:
                Print(terminal, "UNEXPECTED", error.GetType().Name, error.Message, "This is a fault of the program; please report it with what follows.");
                terminal.Error.WriteLine(error);
                return ExitCodes.Unexpected;
        }
    }

    public static int Usage(Terminal terminal, ParseResult parsed, params string[] errors)
    {
        foreach (var error in errors)
        {
            terminal.ErrorConsole.MarkupLineInterpolated($"[red]{KeyToken.Redact(error)}[/]");
        }

        var path = parsed.CommandResult.Command is RootCommand ? "fish" : $"fish {parsed.CommandResult.Command.Name}";
        terminal.ErrorConsole.MarkupLineInterpolated($"Try '{path} --help'.");
        return ExitCodes.Usage;
    }

    private static void Print(Terminal terminal, string code, string key, string cause, string hint)
    {
        terminal.ErrorConsole.MarkupLineInterpolated($"[red]{code}[/] {KeyToken.Redact(key)}");
        terminal.ErrorConsole.MarkupLineInterpolated($"  cause: {KeyToken.Redact(cause)}");
        if (hint.Length > 0)
        {
            terminal.ErrorConsole.MarkupLineInterpolated($"  hint:  {hint}");
        }
    }
}
