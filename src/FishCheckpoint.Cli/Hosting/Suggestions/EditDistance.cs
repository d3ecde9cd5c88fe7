namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>
/// The number of letters to insert, delete, replace or swap with a neighbor to turn one word into another (optimal string
/// alignment, the restricted Damerau-Levenshtein distance).
/// </summary>
internal static class EditDistance
{
    // Longer words are not typing errors, and their table would waste memory.
    private const int MaxLength = 128;

    /// <summary>The distance, ignoring case; a large number for words that are too long.</summary>
    public static int Of(string left, string right)
    {
        if (left.Length > MaxLength || right.Length > MaxLength)
        {
            return int.MaxValue;
        }

        var (before, last, row) = (new int[right.Length + 1], new int[right.Length + 1], new int[right.Length + 1]);
        for (var column = 0; column <= right.Length; column++)
        {
            last[column] = column;
        }

        for (var line = 1; line <= left.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column <= right.Length; column++)
            {
                var exchange = last[column - 1] + (Same(left[line - 1], right[column - 1]) ? 0 : 1);
                row[column] = Math.Min(exchange, Math.Min(last[column], row[column - 1]) + 1);
                if (line > 1 && column > 1 && Same(left[line - 1], right[column - 2]) && Same(left[line - 2], right[column - 1]))
                {
                    row[column] = Math.Min(row[column], before[column - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
