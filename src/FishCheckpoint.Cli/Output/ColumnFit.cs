namespace FishCheckpoint.Cli.Output;

/// <summary>Works out which columns of a table are shown, and how wide, so that no line of it breaks.</summary>
internal static class ColumnFit
{
    /// <summary>Columns of space between two columns.</summary>
    public const int Gap = 2;

    /// <summary>Gives each column its width; 0 where it is left out.</summary>
    /// <param name="columns">What each column asks for, from left to right. The first is what a row is found by: it stays.</param>
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

        // What is left goes to those who would have more, the left ones first: names are there.
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
