namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>
/// How many letters have to be put in, left out, exchanged or swapped with their neighbor to make one word of another (optimal string
/// alignment, the restricted Damerau-Levenshtein distance).
/// </summary>
internal static class EditDistance
{
    // Longer words are no slips of a hand, and their table is not worth its memory.
    private const int Longest = 128;

    /// <summary>The distance, whatever the letters' case; a large number for words too long to be compared.</summary>
    public static int Of(string left, string right)
    {
        if (left.Length > Longest || right.Length > Longest)
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
