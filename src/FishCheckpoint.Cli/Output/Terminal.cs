using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// Standard output for results and standard error for progress and errors; colors only where a person looks on (and never with NO_COLOR).
/// </summary>
internal sealed class Terminal
{
    // Wider than any table: what is read by a program is neither cut nor broken into lines.
    private const int NoWidth = 1_000_000;

    // A progress line would be broken into several by fewer.
    private const int LeastColumns = 30;
    private const int UnknownColumns = 60;

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
    public bool ShowsProgress => traits is { ErrorIsTerminal: true, Moves: true, Columns: null or >= LeastColumns } && !Quiet;

    /// <summary>Whether progress is not wanted. Default: it is.</summary>
    public bool Quiet { get; set; }

    /// <summary>Where answers come from.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Whether a person is there to be asked: both what is typed and what is asked go through a terminal.</summary>
    public bool CanAsk => traits is { InputIsTerminal: true, ErrorIsTerminal: true };

    /// <summary>The clock that progress goes by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What a store tells of its work, for the line that shows it.</summary>
    public WorkRelay Work { get; } = new();

    /// <summary>Standard output for bytes. Default: that of this process, which fails where its reader has gone: the console's own does
    /// not.</summary>
    public Func<Stream> BinaryOutput { get; set; } = static () => OperatingSystem.IsWindows() ? System.Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Standard input for bytes. Default: that of this process.</summary>
    public Func<Stream> BinaryInput { get; set; } = System.Console.OpenStandardInput;

    /// <summary>How wide standard output is; very wide where it is no terminal.</summary>
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

    /// <summary>Whether a path means standard output, where nothing else may be printed then.</summary>
    public static bool IsOutput(string path) => path is "-" || AtomicFile.DescriptorOf(path) == 1;

    /// <summary>Opens standard output for the bytes of a file.</summary>
    /// <param name="path">How it was named.</param>
    /// <param name="command">How it is sent on, for the hint.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a person looks on.</exception>
    public Stream OpenOutput(string path, string command) => !traits.OutputIsTerminal ? BinaryOutput() : throw new FishException(
        ErrorCode.RequestInvalid, path, "Standard output is a terminal.", $"Name a file, or send it on: {command} | PROGRAM.");

    /// <summary>Opens standard input for the bytes of a file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is a terminal.</exception>
    public Stream OpenInput() => !traits.InputIsTerminal ? BinaryInput() : throw new FishException(
        ErrorCode.RequestInvalid, "-", "Standard input is a terminal.", "Name a file, or send one: PROGRAM | fish save TASK STEP -.");

    /// <summary>Plain text into writers.</summary>
    public static Terminal Of(TextWriter output, TextWriter error) => Of(output, error, TerminalTraits.Plain);

    /// <summary>Text into writers as if they were what <paramref name="traits"/> says.</summary>
    public static Terminal Of(
        TextWriter output, TextWriter error, TerminalTraits traits, TimeProvider? time = null, TextReader? input = null) =>
        new(output, error, traits) { Time = time ?? TimeProvider.System, Input = input ?? TextReader.Null };

    /// <summary>Asks a question; only <c>y</c> and <c>yes</c> are a yes.</summary>
    public bool Confirm(FormattableString question)
    {
        Error.Write($"{CleanText.Of(question.ToString(System.Globalization.CultureInfo.InvariantCulture))}? [y/N] ");
        Error.Flush();
        return Input.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>Prints a line of text with markup; what is put in is shown as it is.</summary>
    public void Say(params FormattableString[] line) => Console.MarkupLine(CleanText.Markup(line));

    /// <summary>As <see cref="Say"/>, on standard error.</summary>
    public void SayError(params FormattableString[] line) => ErrorConsole.MarkupLine(CleanText.Markup(line));

    /// <summary>
    /// Standard error for a line that is written over: codes move the cursor, and are colors only where colors are wanted.
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
