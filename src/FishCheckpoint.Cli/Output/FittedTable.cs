using Spectre.Console;
using Spectre.Console.Rendering;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// A table that fits the terminal. Text is shortened with an ellipsis, bars get shorter, and then the least important columns are left
/// out and named below. Numbers and the first column are never cut.
/// </summary>
internal sealed class FittedTable(params Column[] columns) : Renderable
{
    private static readonly Style Faint = new(Color.Grey);

    private readonly List<Cell[]> rows = [];

    /// <summary>Adds a row of text, a cell for each column.</summary>
    public void Row(params IEnumerable<string> cells) => rows.Add([.. cells.Select(cell => (Cell)cell)]);

    /// <summary>Adds a row of text and then bars.</summary>
    public void Row(IEnumerable<string> cells, Cell last) => rows.Add([.. cells.Select(cell => (Cell)cell), last]);

    /// <summary>Adds an empty row, before a sum.</summary>
    public void AddEmptyRow() => rows.Add([.. columns.Select(_ => (Cell)string.Empty)]);

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(Math.Min(1, maxWidth), maxWidth);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var widths = ColumnFit.Plan([.. columns.Select(Asked)], maxWidth);
        var shown = Enumerable.Range(0, columns.Length).Where(index => widths[index] > 0).ToArray();
        foreach (var segment in Line(
            shown, widths, index => new Segment(TextCell.Cut(columns[index].Name, columns[index].Name.Length, widths[index]), Faint)))
        {
            yield return segment;
        }

        yield return new Segment(string.Join(new string(' ', ColumnFit.Gap), shown.Select(index => new string('─', widths[index]))), Faint);
        yield return Segment.LineBreak;
        foreach (var row in rows)
        {
            var lines = row.Select((cell, index) => cell.Lines(widths[index])).ToArray();
            for (var number = 0; number < shown.Max(index => lines[index].Count); number++)
            {
                foreach (var segment in Line(shown, widths, index => number < lines[index].Count ? lines[index][number] : Segment.Empty))
                {
                    yield return segment;
                }
            }
        }

        foreach (var segment in LeftOut(widths, maxWidth))
        {
            yield return segment;
        }
    }

    // No spaces follow the last cell of a line, so that copies are clean and narrow terminals do not break it.
    private IEnumerable<Segment> Line(int[] shown, int[] widths, Func<int, Segment> cell)
    {
        var blank = 0;
        foreach (var index in shown)
        {
            var segment = cell(index);
            var rest = Math.Max(0, widths[index] - segment.CellCount());
            blank += columns[index].IsNumber ? rest : 0;
            if (segment.Text.Length > 0)
            {
                yield return new Segment(new string(' ', blank));
                yield return segment;
                blank = 0;
            }

            blank += (columns[index].IsNumber ? 0 : rest) + ColumnFit.Gap;
        }

        yield return Segment.LineBreak;
    }

    private IEnumerable<Segment> LeftOut(int[] widths, int maxWidth)
    {
        if (!widths.Contains(0))
        {
            yield break;
        }

        var names = columns.Where((column, index) => widths[index] == 0 && column.Name.Length > 0).Select(column => column.Name);
        var line = $"not shown here: {string.Join(", ", names)}";
        yield return new Segment(TextCell.Cut(line, line.Length, maxWidth), Faint);
        yield return Segment.LineBreak;
    }

    private (int Least, int Full, int Importance) Asked(Column column, int index)
    {
        var cells = rows.Select(row => row[index]).ToArray();
        var (full, least) = (Math.Max(1, Longest(cell => cell.Full)), Longest(cell => cell.Least));
        return (Math.Max(column.IsWhole || index == 0 ? full : least, Math.Min(column.Name.Length, Column.MinText)) is var needed
            && needed > 0 ? needed : 1,
            Math.Max(full, column.Name.Length), cells.OfType<BarCell>().Any() ? int.MinValue : column.Importance);

        int Longest(Func<Cell, int> width) => cells.Select(width).DefaultIfEmpty(0).Max();
    }
}
