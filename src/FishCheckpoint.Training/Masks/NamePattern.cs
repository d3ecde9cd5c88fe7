namespace FishCheckpoint.Training;

/// <summary>Patterns of names with the wildcards <c>*</c> and <c>?</c>.</summary>
internal static class NamePattern
{
    /// <summary>
    /// Whether the whole name matches. The time is at most the product of both lengths: only the last <c>*</c> is ever retried.
    /// </summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (at, index, star, resumed) = (0, 0, -1, 0);
        while (index < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, resumed) = (at++, index);
            }
            else if (at < pattern.Length && (pattern[at] == '?' || pattern[at] == name[index]))
            {
                (at, index) = (at + 1, index + 1);
            }
            else if (star >= 0)
            {
                (at, index) = (star + 1, ++resumed);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
