using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>A page of docs/reference whose second part is generated, so that it cannot become stale.</summary>
public static class GeneratedPage
{
    private const string Approve = "FISH_APPROVE_DOCS";
    private const string Start = "<!-- Generated from the code by a test: FISH_APPROVE_DOCS=1 rewrites everything below. -->\n";

    /// <summary>Checks that the generated part of a page is the given text. With FISH_APPROVE_DOCS=1 it first rewrites that part.</summary>
    /// <param name="name">The file name of the page.</param>
    /// <param name="generated">The generated part.</param>
    public static void Check(string name, string generated)
    {
        var file = Path.Combine(Root(), "docs", "reference", name);
        var page = File.ReadAllText(file).ReplaceLineEndings("\n");
        var start = page.IndexOf(Start, StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/reference/{name} has no line that starts its generated part.");
        var expected = $"{page[..start]}{Start}\n{generated.ReplaceLineEndings("\n").TrimEnd()}\n";
        if (Environment.GetEnvironmentVariable(Approve) == "1")
        {
            File.WriteAllText(file, expected);
            return;
        }

        var (had, has) = (page.Split('\n'), expected.Split('\n'));
        var line = had.Zip(has).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            page == expected,
            $"Line {line + 1} of docs/reference/{name} is '{had.ElementAtOrDefault(line)}'; expected '{has.ElementAtOrDefault(line)}'. "
            + $"{Approve}=1 rewrites the page.");
    }

    /// <summary>A row of a Markdown table.</summary>
    public static string Row(params IEnumerable<string> cells) =>
        $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |";

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
