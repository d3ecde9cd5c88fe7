using System.Text;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>The output of a console: a writer and its width.</summary>
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
