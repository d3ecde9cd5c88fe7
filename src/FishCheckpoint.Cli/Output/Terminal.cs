using System.Text;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Standard output for results and standard error for progress and errors; colors only where a person looks on (and never with NO_COLOR).</summary>
internal sealed class Terminal
{
    // Wider than any table: what is read by a program is neither cut nor broken into lines.
    private const int NoWidth = 1_000_000;

    private readonly TerminalTraits traits;

    private Terminal(TextWriter output, TextWriter error, TerminalTraits traits)
    {
        (Output, Error, this.traits) = (output, error, traits);
        (Console, ErrorConsole) = (
            Create(output, traits.OutputIsTerminal, traits.OutputHasColors), Create(error, traits.ErrorIsTerminal, traits.ErrorHasColors));
    }

    /// <summary>Standard output, for what is no table: JSON.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output, for tables and text.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error, for errors.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>Whether a person looks on, so that long work shows its progress.</summary>
    public bool ShowsProgress => traits is { ErrorIsTerminal: true, Moves: true } && !Quiet;

    /// <summary>Whether progress is not wanted. Default: it is.</summary>
    public bool Quiet { get; set; }

    /// <summary>The clock that progress goes by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What a store tells of its work, for the line that shows it.</summary>
    public WorkRelay Work { get; } = new();

    /// <summary>How wide standard output is; very wide where it is no terminal.</summary>
    public int Width => Console.Profile.Width;

    /// <summary>How wide standard error is.</summary>
    public int ErrorWidth => ErrorConsole.Profile.Width;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(
        Open(1, System.Console.OpenStandardOutput), Open(2, System.Console.OpenStandardError), TerminalTraits.Of(
            !System.Console.IsOutputRedirected, !System.Console.IsErrorRedirected, Environment.GetEnvironmentVariable, () => WindowSize.Columns(1, 2)));

    /// <summary>Plain text into writers.</summary>
    public static Terminal Of(TextWriter output, TextWriter error) => Of(output, error, TerminalTraits.Plain);

    /// <summary>Text into writers as if they were what <paramref name="traits"/> says.</summary>
    public static Terminal Of(TextWriter output, TextWriter error, TerminalTraits traits, TimeProvider? time = null) =>
        new(output, error, traits) { Time = time ?? TimeProvider.System };

    /// <summary>Prints a line of text with markup; what is put in is shown as it is.</summary>
    public void Say(FormattableString line) => Console.MarkupLineInterpolated(CleanText.Of(line));

    /// <summary>As <see cref="Say"/>, on standard error.</summary>
    public void SayError(FormattableString line) => ErrorConsole.MarkupLineInterpolated(CleanText.Of(line));

    private static TextWriter Open(int descriptor, Func<Stream> stream) => TextWriter.Synchronized(new StreamWriter(
        OperatingSystem.IsWindows() ? stream() : new DescriptorStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    private IAnsiConsole Create(TextWriter writer, bool isTerminal, bool colors) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new ConsoleWriter(writer, isTerminal, isTerminal ? traits.Columns ?? NoWidth : NoWidth),
        Ansi = colors ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = colors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
    });
}
