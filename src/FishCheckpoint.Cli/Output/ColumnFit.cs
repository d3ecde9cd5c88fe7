namespace FishCheckpoint.Cli.Output;

/// <summary>Decides which columns of a table are shown, and how wide, so that no line breaks.</summary>
internal static class ColumnFit
{
    /// <summary>The space between two columns.</summary>
    public const int Gap = 2;

    /// <summary>The width of each column; 0 if it is left out.</summary>
    /// <param name="columns">What each column needs, from left to right. The first one identifies the row and always stays.</param>
    /// <param name="room">The width of the terminal.</param>
    public static int[] Plan(IReadOnlyList<(int Least, int Full, int Importance)> columns, int room)
    {
        var widths = new int[columns.Count];
        var left = room + Gap;
        foreach (var index in Enumerable.Range(0, columns.Count)
            .OrderByDescending(index => index == 0 ? int.MaxValue : columns[index].Importance))
        {
            if (index == 0 || columns[index].Least + Gap <= left)
            {
                widths[index] = columns[index].Least;
                left -= widths[index] + Gap;
            }
        }

        // The remaining room goes to the columns that need more, from left to right, as names are on the left.
        for (var index = 0; index < widths.Length && left > 0; index++)
        {
            if (widths[index] > 0)
            {
                var more = Math.Min(left, columns[index].Full - widths[index]);
                (widths[index], left) = (widths[index] + more, left - more);
            }
        }

        return widths;
    }
}
