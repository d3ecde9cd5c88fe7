namespace FishCheckpoint.Benchmarks.EndToEnd.Reports;

/// <summary>
/// Writes measured tables between pairs of markers in docs/evidence/results.md, so that the page holds only results that were run.
/// </summary>
internal static class BenchmarkPage
{
    private const string Head = """
        # Measured tables

        Every table on this page was written by a benchmark with `--write`, and is never edited by hand; [benchmarks](benchmarks.md)
        explains what was measured, draws the conclusions, and has the commands.

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

/// <summary>What a measurement was made on.</summary>
internal static class Machine
{
    private static string load = "unknown";

    /// <summary>Takes note of how busy the machine is before anything is measured: other work on it makes quartiles wide and ratios
    /// shaky.</summary>
    public static void NoteLoad() => load = File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <summary>One line: processor, cores, memory, system, date, load.</summary>
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return $"{model}, {Environment.ProcessorCount} cores, {memory:F0} GB; "
            + $"{Environment.OSVersion}; .NET {Environment.Version}; {DateTime.UtcNow:yyyy-MM-dd}. "
            + $"Load average before the run: {load}.";
    }
}

/// <summary>The middle of some measurements, and the quartiles around it.</summary>
internal readonly record struct Spread(double Low, double Median, double High)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Spread(At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75));
    }

    /// <summary>The spread of the quotients of measurements that were made in the same turns.</summary>
    public static Spread OfRatios(IEnumerable<double> above, IEnumerable<double> below) =>
        Of(above.Zip(below, (left, right) => left / right));

    /// <summary>Median and quartiles as in <c>1.52 (1.44 to 1.60)</c>.</summary>
    public string Text(string format) => $"{Median.ToString(format)} ({Low.ToString(format)} to {High.ToString(format)})";

    private static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var (below, part) = ((int)place, place - Math.Floor(place));
        return sorted[below] + (part * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
