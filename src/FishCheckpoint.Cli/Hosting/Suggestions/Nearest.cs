namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>Finds what somebody may have meant.</summary>
internal static class Nearest
{
    private const int Most = 3;
    private const int LeastBeginning = 2;

    /// <summary>
    /// The names nearest to a word: no more than a third of its letters away, or begun by it; the nearest first, at most three.
    /// </summary>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names)
    {
        var most = Math.Max(1, word.Length / 3);
        var found = names.Distinct(StringComparer.Ordinal)
            .Where(name => name != word)
            .Select(name => (Name: name, Distance: DistanceOf(word, name)))
            .Where(name => name.Distance <= most)
            .OrderBy(name => name.Distance).ThenBy(name => name.Name, StringComparer.Ordinal).Take(Most).ToArray();

        // One that is a letter away is meant; what is further off would only distract.
        return [.. found.Where(name => name.Distance <= Math.Max(1, found[0].Distance)).Select(name => name.Name)];
    }

    /// <summary>The names as a question; empty where there are none.</summary>
    public static string Question(IReadOnlyList<string> names) => names switch
    {
        [] => string.Empty,
        [var one] => $"Did you mean '{one}'?",
        _ => $"Did you mean {string.Join(", ", names.SkipLast(1).Select(name => $"'{name}'"))} or '{names[^1]}'?",
    };

    private static int DistanceOf(string word, string name) =>
        word.Trim('-').Length >= LeastBeginning && name.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            ? 1 : EditDistance.Of(word, name);
}
