using System.Text;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// Standard output for results, and standard error for progress and errors. Colors are for terminals, and never with NO_COLOR.
/// </summary>
internal sealed class Terminal
{
    // Wider than any table, so that output for programs is neither cut nor wrapped.
    private const int NoWidth = 1_000_000;

    // A narrower terminal would wrap the progress line.
    private const int MinColumns = 30;
    private const int UnknownColumns = 60;

    private readonly TerminalTraits traits;

    private Terminal(TextWriter output, TextWriter error, TerminalTraits traits)
    {
        (Output, Error, this.traits) = (output, error, traits);
        (Console, ErrorConsole) = (
            Create(output, traits.OutputIsTerminal, traits.OutputHasColors), Create(error, traits.ErrorIsTerminal, traits.ErrorHasColors));
    }

    /// <summary>Standard output, for JSON.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output, for tables and text.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Standard error, for errors.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>Whether long work shows its progress.</summary>
    public bool ShowsProgress => traits is { ErrorIsTerminal: true, Moves: true, Columns: null or >= MinColumns } && !Quiet;

    /// <summary>Whether progress is turned off. Default: it is shown.</summary>
    public bool Quiet { get; set; }

    /// <summary>The source of answers to questions.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Whether a person can be asked: standard input and standard error are terminals.</summary>
    public bool CanAsk => traits is { InputIsTerminal: true, ErrorIsTerminal: true };

    /// <summary>The clock of progress.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Receives the progress that a store reports.</summary>
    public ProgressForwarder Work { get; } = new();

    /// <summary>Standard output for bytes. Default: that of this process. Unlike the console's stream, it fails if its reader is
    /// gone.</summary>
    public Func<Stream> BinaryOutput { get; set; } = static () => OperatingSystem.IsWindows() ? System.Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Standard input for bytes. Default: that of this process.</summary>
    public Func<Stream> BinaryInput { get; set; } = System.Console.OpenStandardInput;

    /// <summary>The width of standard output; very large if it is not a terminal.</summary>
    public int Width => Console.Profile.Width;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(
        Open(System.Console.OpenStandardOutput()), Open(System.Console.OpenStandardError()), TerminalTraits.Of(
            !System.Console.IsOutputRedirected, !System.Console.IsErrorRedirected,
            Environment.GetEnvironmentVariable, () => System.Console.IsOutputRedirected ? null : System.Console.WindowWidth) with
        {
            InputIsTerminal = !System.Console.IsInputRedirected,
        })
    {
        Input = System.Console.In,
    };

    /// <summary>Whether a path means standard output, which must carry nothing else then.</summary>
    public static bool IsOutput(string path) => path is "-" || AtomicFile.DescriptorOf(path) == 1;

    /// <summary>Opens standard output for the bytes of a file.</summary>
    /// <param name="path">The path as given.</param>
    /// <param name="command">The command, for the hint.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is a terminal.</exception>
    public Stream OpenOutput(string path, string command) => !traits.OutputIsTerminal ? BinaryOutput() : throw new FishException(
        ErrorCode.RequestInvalid, path, "Standard output is a terminal.", $"Name a file, or use a pipe: {command} | PROGRAM.");

    /// <summary>Opens standard input for the bytes of a file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is a terminal.</exception>
    public Stream OpenInput() => !traits.InputIsTerminal ? BinaryInput() : throw new FishException(
        ErrorCode.RequestInvalid, "-", "Standard input is a terminal.",
        $"Name a file, or use a pipe: PROGRAM | {ProgramInfo.Name} save TASK STEP -.");

    /// <summary>Plain text into writers.</summary>
    public static Terminal Of(TextWriter output, TextWriter error) => Of(output, error, TerminalTraits.Plain);

    /// <summary>Text into writers with given terminal traits.</summary>
    public static Terminal Of(
        TextWriter output, TextWriter error, TerminalTraits traits, TimeProvider? time = null, TextReader? input = null) =>
        new(output, error, traits) { Time = time ?? TimeProvider.System, Input = input ?? TextReader.Null };

    /// <summary>Asks a question; only <c>y</c> and <c>yes</c> mean yes.</summary>
    public bool Confirm(FormattableString question)
    {
        Error.Write($"{CleanText.Of(question.ToString(System.Globalization.CultureInfo.InvariantCulture))}? [y/N] ");
        Error.Flush();
        return Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>Prints a line of text with markup; inserted texts are escaped.</summary>
    public void Say(params FormattableString[] line) => Console.MarkupLine(CleanText.Markup(line));

    /// <summary>As <see cref="Say"/>, on standard error.</summary>
    public void SayError(params FormattableString[] line) => ErrorConsole.MarkupLine(CleanText.Markup(line));

    /// <summary>
    /// Standard error for a line that is overwritten: codes move the cursor, and set colors only if colors are on.
    /// </summary>
    public IAnsiConsole CreateProgressConsole() => Create(
        new ConsoleWriter(Error, traits.ErrorIsTerminal, traits.Columns ?? UnknownColumns),
        traits.ErrorHasColors, AnsiSupport.Yes, InteractionSupport.Yes);

    private static TextWriter Open(Stream stream) => TextWriter.Synchronized(
        new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    private IAnsiConsole Create(TextWriter writer, bool isTerminal, bool colors) => Create(
        new ConsoleWriter(writer, isTerminal, isTerminal ? traits.Columns ?? NoWidth : NoWidth),
        colors, colors ? AnsiSupport.Yes : AnsiSupport.No, InteractionSupport.No);

    private static IAnsiConsole Create(
        ConsoleWriter output, bool colors, AnsiSupport ansi, InteractionSupport interactive) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = output,
        Ansi = ansi,
        ColorSystem = colors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = interactive,
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
    });
}
