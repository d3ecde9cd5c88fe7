using System.Xml.Linq;

namespace FishCheckpoint.Packages.Tests.Support;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Tree
{
    private static readonly string Top = Find();

    /// <summary>The version that stands in it.</summary>
    public static string Version { get; } = XDocument.Load(Path("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    /// <summary>A path in it.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Top, .. parts]);

    /// <summary>The first block of C# in a package's README.</summary>
    public static string SampleOf(string readme)
    {
        const string start = "```csharp\n";
        var text = File.ReadAllText(readme);
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder!.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
