namespace FishCheckpoint.Benchmarks.EndToEnd.Reports;

/// <summary>
/// Writes measured tables between pairs of markers in docs/evidence/results.md, so that the page holds only results that were run.
/// </summary>
internal static class BenchmarkPage
{
    private const string Head = """
        # Measured tables

        Every table on this page was written by a benchmark with `--write`, and is never edited by hand; [benchmarks](benchmarks.md) explains what was
        measured, draws the conclusions, and has the commands.

        """;

    /// <summary>Prints a section, and writes it to the page if asked to.</summary>
    /// <param name="section">The marker's name, as in <c>serving</c>.</param>
    /// <param name="content">Markdown.</param>
    /// <param name="write">Whether to write it.</param>
    public static void Publish(string section, string content, bool write)
    {
        Console.WriteLine(content);
        if (write)
        {
            Write(section, content);
        }
    }

    /// <summary>Writes a section to the page.</summary>
    public static void Write(string section, string content)
    {
        var path = Path.Combine(Root(), "docs", "evidence", "results.md");
        File.WriteAllText(path, Replace(File.Exists(path) ? File.ReadAllText(path) : Head, section, content));
        Console.WriteLine($"Written to {path}.");
    }

    private static string Replace(string page, string section, string content)
    {
        var (begin, end) = ($"<!-- {section} -->\n", $"<!-- /{section} -->\n");
        var whole = $"{begin}\n{content.Trim()}\n\n{end}";
        var start = page.IndexOf(begin, StringComparison.Ordinal);
        return start < 0 ? $"{page.TrimEnd()}\n\n{whole}"
            : string.Concat(page.AsSpan(0, start), whole, page.AsSpan(page.IndexOf(end, start, StringComparison.Ordinal) + end.Length));
    }

    // The tree that this program was built in.
    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FishCheckpoint.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("This program does not lie in the source tree, so there is no page to write to.");
    }
}
