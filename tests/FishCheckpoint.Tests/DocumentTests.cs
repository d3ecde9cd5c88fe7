using System.Text.RegularExpressions;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests;

/// <summary>The documents' links lead somewhere, and a reader finds every page.</summary>
public sealed partial class DocumentTests
{
    private const string Index = "docs/README.md";

    private static readonly string[] Pages =
        [.. Repository.Files("*.md").Where(page => !page.StartsWith("tests/", StringComparison.Ordinal))];

    private static readonly string[] Sources = ["*.cs", "*.py", "*.csproj", "*.props", "*.js", "*.html", "*.http", "*.service"];

    [Fact]
    public void Links_OfEveryPage_LeadToFilesAndHeadings()
    {
        var broken = Pages.SelectMany(page => LinksOf(page).Where(link => !Exists(link)).Select(link => $"{page}: {link}")).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Fact]
    public void Pages_ThatSourcesName_AreThere()
    {
        var named = from kind in Sources
                    from source in Repository.Files(kind)
                    from Match name in NamedPage().Matches(Repository.Read(source))
                    where !File.Exists(PathOf(name.Value))
                    select $"{source}: {name.Value}";
        var missing = named.ToList();
        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public void Paths_ThatPagesName_AreThere()
    {
        var named = from page in Pages
                    from Match name in NamedPath().Matches(TextOf(page))
                    where !Path.Exists(PathOf(name.Groups["path"].Value))
                    select $"{page}: {name.Value}";
        Assert.Empty(named);
    }

    [Fact]
    public void Index_InTwoClicks_LeadsToEveryPage()
    {
        var first = LinksOf(Index).Select(FileOf).ToHashSet(StringComparer.Ordinal);
        var second = first.Where(page => page.EndsWith(".md", StringComparison.Ordinal)).SelectMany(LinksOf).Select(FileOf);
        var reached = second.Concat(first).Append(Index);
        Assert.Empty(Pages.Where(page => page.StartsWith("docs/", StringComparison.Ordinal)).Except(reached));
    }

    [Fact]
    public void Readme_Whole_FitsOnAFewScreens()
    {
        var readme = TextOf("README.md");
        Assert.InRange(readme.Count(letter => letter == '\n'), 1, 110);
        Assert.InRange(readme.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 1, 950);
    }

    // The page of results is written by the benchmarks alone.
    [Theory]
    [InlineData("docs/evidence/benchmarks.md", "Sizes")]
    [InlineData("README.md", "Numbers")]
    public void Figures_OfATable_AreMeasured(string page, string section)
    {
        var results = Number().Matches(TextOf("docs/evidence/results.md"));
        var measured = results.Select(number => number.Value).ToHashSet(StringComparer.Ordinal);
        var rows = TextOf(page).Split($"\n## {section}\n")[1].Split('\n').Where(line => line.StartsWith('|')).ToList();

        // The first column says what was measured.
        var cells = rows.SelectMany(row => row.Split('|').Skip(2));
        var figures = cells.Select(cell => Number().Match(cell).Value).Where(figure => figure.Length > 0).ToList();
        Assert.NotEmpty(figures);
        Assert.Empty(figures.Except(measured));
    }

    [Fact]
    public void Tests_ThatThePromisesName_AreThere()
    {
        var tests = Repository.Files("*Tests.cs", "tests").Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.Ordinal);
        var named = NamedTests().Matches(TextOf("docs/evidence/reliability.md")).Select(name => name.Groups["name"].Value).ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(tests));
    }

    // Each link as a path from the root, with its anchor.
    private static IEnumerable<string> LinksOf(string page)
    {
        var folder = Path.GetDirectoryName(page)!;
        foreach (var link in Link().Matches(WithoutCode(page)).Select(link => link.Groups[1].Value))
        {
            if (!link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal))
            {
                var path = link.StartsWith('#') ? page + link : Path.Combine(folder, link);
                yield return Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, path)).Replace('\\', '/');
            }
        }
    }

    private static string TextOf(string page) => Repository.Read(page).ReplaceLineEndings("\n");

    private static string WithoutCode(string page) => InlineCode().Replace(FencedCode().Replace(TextOf(page), ""), "");

    private static bool Exists(string link)
    {
        var file = FileOf(link);
        return link.Length == file.Length ? Path.Exists(PathOf(file))
            : File.Exists(PathOf(file)) && HeadingsOf(file).Contains(link[(file.Length + 1)..], StringComparer.Ordinal);
    }

    private static string FileOf(string link) => link.Split('#')[0];

    private static string PathOf(string file) => Path.Combine(Repository.Root, file);

    // As GitHub names them: lower case, letters, digits, '-' and '_' alone, spaces as '-', and a number for one that comes again.
    private static IEnumerable<string> HeadingsOf(string page)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var title in Heading().Matches(FencedCode().Replace(TextOf(page), "")).Select(found => found.Groups["title"].Value))
        {
            var name = NotInAnchors().Replace(LinkText().Replace(title, "$1").ToLowerInvariant(), "").Replace(' ', '-');
            var times = seen[name] = seen.GetValueOrDefault(name, -1) + 1;
            yield return times == 0 ? name : $"{name}-{times}";
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<![/\w])docs/[\w/-]+\.(?:md|svg|png)\b")]
    private static partial Regex NamedPage();

    [GeneratedRegex(@"\d[\d,]*(?:\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]+Tests)`")]
    private static partial Regex NamedTests();

    [GeneratedRegex(@"`(?<path>(?:src|tests|api|storage|samples|deploy|experiments)/(?!\S*/bin/)[\w./-]+)`")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FencedCode();

    [GeneratedRegex(@"`[^`\n]+`(?!\])")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^#{1,6} (?<title>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
