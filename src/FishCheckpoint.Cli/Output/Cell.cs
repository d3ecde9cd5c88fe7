using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FishCheckpoint.Cli.Output;

/// <summary>A cell of a table: one line of text, or stacked bars.</summary>
internal abstract record Cell
{
    /// <summary>The width that it needs for its whole content.</summary>
    public abstract int Full { get; }

    /// <summary>The smallest width that it can have.</summary>
    public abstract int Least { get; }

    /// <summary>Its lines, none wider than <paramref name="width"/> if that is at least <see cref="Least"/>.</summary>
    public abstract IReadOnlyList<Segment> Lines(int width);

    public static implicit operator Cell(string text) => new TextCell(CleanText.Of(text));
}

/// <summary>A line of text.</summary>
internal sealed record TextCell(string Text) : Cell
{
    public override int Full { get; } = new Segment(Text).CellCount();

    public override int Least => Math.Min(Full, Column.MinText);

    public override IReadOnlyList<Segment> Lines(int width) => [new Segment(Cut(Text, Full, width))];

    /// <summary>Shortens a text, with an ellipsis at its end.</summary>
    public static string Cut(string text, int full, int width)
    {
        if (full <= width)
        {
            return text;
        }

        var (kept, used) = (new StringBuilder(), 1);
        foreach (var rune in text.EnumerateRunes())
        {
            var cells = new Segment(rune.ToString()).CellCount();
            if (used + cells > width)
            {
                break;
            }

            kept.Append(rune);
            used += cells;
        }

        return $"{kept}…";
    }
}

/// <summary>Stacked bars for shares from 0 to 1. A share above 0 shows at least a sliver.</summary>
internal sealed record BarCell(params IReadOnlyList<(double Share, Color Color)> Bars) : Cell
{
    private const int Width = 24;

    public override int Full => Width;

    public override int Least => Width / 3;

    public override IReadOnlyList<Segment> Lines(int width) =>
        [.. Bars.Select(bar => new Segment(TextOf(bar.Share, width), new Style(bar.Color)))];

    private static string TextOf(double share, int width)
    {
        const string Eighths = " ▏▎▍▌▋▊▉";
        var parts = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        parts = share > 0 ? Math.Max(1, parts) : 0;
        return new string('█', parts / 8) + (parts % 8 > 0 ? Eighths[parts % 8].ToString() : string.Empty);
    }
}
