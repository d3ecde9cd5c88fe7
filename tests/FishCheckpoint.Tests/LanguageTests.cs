using System.Text.RegularExpressions;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests;

/// <summary>Keeps retired words out of identifiers, comments, documents, messages and printed text.</summary>
public sealed partial class LanguageTests
{
    // This file; what older versions called things; and texts that stores hold in their schema.
    private static readonly string[] Exempt = ["tests/FishCheckpoint.Tests/LanguageTests.cs", "CHANGELOG.md", "storage/Migrations/"];

    private static readonly string[] Kinds = ["*.cs", "*.py", "*.js", "*.html", "*.md", "*.sh", "*.yml", "*.sql"];

    /// <summary>What is retired, and what is written in its place.</summary>
    public static TheoryData<string, string> Retired => new()
    {
        { "laid (on|upon|anew)|anew", "based on, rebased, again" },
        { @"(?-i:\w*Rela(y|id)\w*)|relay\w*|laid(?! out)", "rebase, rebased" },
        { @"\w*guess\w*", "prediction, reference" },
        { @"\w*sister\w*", "sibling" },
        { "so many", "n, this many" },
        { "lets? go", "delete, release" },
        { "told", "reported, encoded, given" },
        { @"(?-i:Hidden(Bytes|Rows?|Checkpoints?)|Held(Bytes|Rows?))", "tombstone" },
        { "StoreLook|EarlyEnd|SetAside|WorkMeter|RecodeMeans|VerifyMeans", "the names in docs/concepts.md" },
        { @"(Worth|Few|Most)(AChain|Bytes|Guesses)", "a name that begins with Min or Max" },
    };

    [Theory]
    [MemberData(nameof(Retired))]
    public void Text_Retired_IsNowhere(string retired, string instead)
    {
        var word = new Regex($@"\b(?:{retired})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        var found = Kinds.SelectMany(kind => Repository.Files(kind))
            .Where(file => !Exempt.Any(start => file.StartsWith(start, StringComparison.Ordinal)))
            .SelectMany(file => Repository.Read(file).Split('\n').Index()
                .Where(line => word.IsMatch(line.Item)).Select(line => $"{file}:{line.Index + 1}: {line.Item.Trim()}"));

        Assert.True(!found.Any(), $"Write \"{instead}\":\n{string.Join('\n', found.Take(20))}");
    }
}
