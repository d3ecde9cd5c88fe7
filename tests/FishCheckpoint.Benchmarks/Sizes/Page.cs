namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>The part of a page that a run writes.</summary>
internal static class Page
{
    /// <summary>Puts text between <c>&lt;!-- sizes --&gt;</c> and <c>&lt;!-- /sizes --&gt;</c> of docs/BENCHMARKS.md.</summary>
    public static void Write(string text)
    {
        const string begin = "<!-- sizes -->", end = "<!-- /sizes -->";
        var path = Path.Combine(Repository.Root, "docs", "BENCHMARKS.md");
        var page = File.ReadAllText(path);
        var (first, last) = (page.IndexOf(begin, StringComparison.Ordinal) + begin.Length, page.IndexOf(end, StringComparison.Ordinal));
        File.WriteAllText(path, $"{page[..first]}\n{text.Trim()}\n{page[last..]}");
    }
}
