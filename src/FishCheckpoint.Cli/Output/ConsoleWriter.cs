using System.Text;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Where a console's text goes: a writer, and how wide it is.</summary>
internal sealed class ConsoleWriter(TextWriter writer, bool isTerminal, int width) : IAnsiConsoleOutput
{
    private const int Lines = 24;

    public TextWriter Writer => writer;

    public bool IsTerminal => isTerminal;

    public int Width => width;

    public int Height => Lines;

    public void SetEncoding(Encoding encoding)
    {
        // The writer has its own.
    }
}
