using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Standard output for results and standard error for progress and errors; colors only where a person looks on (and never with NO_COLOR).</summary>
internal sealed class Terminal
{
    private const int PlainWidth = 160;

    private Terminal(TextWriter output, TextWriter error, bool plainOutput, bool plainError)
    {
        (Output, Error, ShowsProgress) = (output, error, !plainError);
        (Console, ErrorConsole) = (Create(output, plainOutput), Create(error, plainError));
    }

    /// <summary>Standard output, for what is no table: JSON.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output, for tables and text.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error, for progress and errors.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>Whether a person looks on, so that long work shows its progress.</summary>
    public bool ShowsProgress { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(
        System.Console.Out, System.Console.Error, System.Console.IsOutputRedirected, System.Console.IsErrorRedirected);

    /// <summary>Plain text into writers.</summary>
    public static Terminal Of(TextWriter output, TextWriter error) => new(output, error, plainOutput: true, plainError: true);

    /// <summary>Prints a line of text with markup; what is put in is shown as it is.</summary>
    public void Say(FormattableString line) => Console.MarkupLineInterpolated(line);

    /// <summary>Prints a line on standard error, in the same way.</summary>
    public void Warn(FormattableString line) => ErrorConsole.MarkupLineInterpolated(line);

    private static IAnsiConsole Create(TextWriter writer, bool plain)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (plain)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
