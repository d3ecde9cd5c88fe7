namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>Finds the names that a mistyped word may mean.</summary>
internal static class Nearest
{
    private const int MaxNames = 3;
    private const int MinPrefix = 2;

    /// <summary>
    /// The names nearest to a word: at most a third of its letters away, or starting with it. The nearest come first, at most three.
    /// </summary>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names)
    {
        var most = Math.Max(1, word.Length / 3);
        var found = names.Distinct(StringComparer.Ordinal)
            .Where(name => name != word)
            .Select(name => (Name: name, Distance: DistanceOf(word, name)))
            .Where(name => name.Distance <= most)
            .OrderBy(name => name.Distance).ThenBy(name => name.Name, StringComparer.Ordinal).Take(MaxNames).ToArray();

        // If a name is one letter away, more distant names would only distract.
        return [.. found.Where(name => name.Distance <= Math.Max(1, found[0].Distance)).Select(name => name.Name)];
    }

    /// <summary>The names as a question; empty if there are none.</summary>
    public static string Question(IReadOnlyList<string> names) => names switch
    {
        [] => string.Empty,
        [var one] => $"Did you mean '{one}'?",
        _ => $"Did you mean {string.Join(", ", names.SkipLast(1).Select(name => $"'{name}'"))} or '{names[^1]}'?",
    };

    private static int DistanceOf(string word, string name) =>
        word.Trim('-').Length >= MinPrefix && name.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            ? 1 : EditDistance.Of(word, name);
}
