using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests;

/// <summary>Keeps the arrows of docs/internals/architecture.md: between projects, between the domain's stages, and to packages.</summary>
public sealed partial class ArchitectureTests
{
    private const string Domain = "src/FishCheckpoint";
    private const string Training = "src/FishCheckpoint.Training";
    private const string Interchange = "src/FishCheckpoint.Interchange";
    private const string Following = "src/FishCheckpoint.Following";

    // Each stage may use those before it; the leaves not each other; what is on top all of them.
    private static readonly string[] Stages = ["Errors", "Tensors", "Masks", "Deltas", "Codec", "Checkpoints"];

    private static readonly string[] Leaves = ["Reports", "Access"];

    private const string Top = "Stores";

    private static readonly Dictionary<string, string[]> ProjectsAllowed = new(StringComparer.Ordinal)
    {
        ["FishCheckpoint"] = [],
        ["FishCheckpoint.Training"] = ["FishCheckpoint"],
        ["FishCheckpoint.Interchange"] = ["FishCheckpoint"],
        ["FishCheckpoint.Following"] = ["FishCheckpoint"],
        ["FishCheckpoint.Engine"] = ["FishCheckpoint"],
        ["FishCheckpoint.Storage"] = ["FishCheckpoint", "FishCheckpoint.Engine"],
        ["FishCheckpoint.TorchSharp"] = ["FishCheckpoint", "FishCheckpoint.Training"],
        ["FishCheckpoint.Extensions.DependencyInjection"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Client", "FishCheckpoint.Storage"],
        ["EmbeddedSample"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Extensions.DependencyInjection", "FishCheckpoint.Storage"],
        ["TorchSharpSample"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Storage", "FishCheckpoint.TorchSharp", "FishCheckpoint.Training"],
        ["FishCheckpoint.Client"] = ["FishCheckpoint"],
        ["FishCheckpoint.Demo"] = ["FishCheckpoint", "FishCheckpoint.Training"],
        ["FishCheckpoint.Bench"] = ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Storage"],
        ["FishCheckpoint.Api"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Extensions.DependencyInjection", "FishCheckpoint.Storage"],
        ["FishCheckpoint.Cli"] =
        [
            "FishCheckpoint", "FishCheckpoint.Training", "FishCheckpoint.Interchange", "FishCheckpoint.Following", "FishCheckpoint.Engine",
            "FishCheckpoint.Storage", "FishCheckpoint.Client", "FishCheckpoint.Api", "FishCheckpoint.Demo", "FishCheckpoint.Bench",
        ],
    };

    // What a package or namespace begins with, and the folders that may name it; tests may name all.
    private static readonly (string Prefix, string[] Folders)[] OutsideAllowed =
    [
        ("K4os.Compression.LZ4", [$"{Domain}/"]),
        ("ZstdSharp", [$"{Domain}/", $"{Interchange}/"]),
        ("System.IO.Hashing", [$"{Interchange}/"]),
        ("Blake3", [$"{Interchange}/"]),
        ("Microsoft.Data.Sqlite", ["storage/"]),
        ("SQLitePCL", ["storage/"]),
        ("System.Net.Http", ["api/", "src/FishCheckpoint.Client/", "src/FishCheckpoint.Cli/"]),
        ("Microsoft.AspNetCore", ["api/", "src/FishCheckpoint.Client/", "src/FishCheckpoint.Cli/"]),
        ("Scalar", ["api/"]),
        ("TorchSharp", ["src/FishCheckpoint.TorchSharp/", "samples/TorchSharp/"]),
        ("Spectre.Console", ["src/FishCheckpoint.Cli/"]),
        ("System.CommandLine", ["src/FishCheckpoint.Cli/"]),
    ];

    // Small and pure. A package more is a decision: docs/internals/architecture.md names these.
    private static readonly string[] DomainPackages = ["K4os.Compression.LZ4", "ZstdSharp.Port"];

    private const string NetworkOrData = @"(?m)^using (static )?(System\.Net|System\.Data|Microsoft\.(?!Win32\.SafeHandles))";

    private static readonly string[] ShippedFolders = ["src/", "api/", "storage/"];

    // Beside the one place: a lock.
    private static readonly string[] OpenForReading =
        [$"{Domain}/Tensors/PositionalFile.cs", "storage/Bases/TemporaryFolder.cs"];

    public static TheoryData<string> Projects => [.. Repository.Files("*.csproj")];

    public static TheoryData<string> Sources => [.. Repository.Files("*.cs", Domain)];

    [Fact]
    public void Domain_Project_ReferencesOnlySmallPurePackages() => Assert.All(References($"{Domain}/FishCheckpoint.csproj"), item =>
    {
        Assert.Equal("PackageReference", item.Kind);
        Assert.Contains(item.Name, DomainPackages);
    });

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreTheArrowsDrawn(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        if (project.StartsWith("tests/", StringComparison.Ordinal))
        {
            return;
        }

        Assert.True(ProjectsAllowed.TryGetValue(name, out var allowed), $"{name} has no place in the architecture yet.");
        Assert.Subset(allowed.ToHashSet(), References(project).Where(item => item.Kind == "ProjectReference")
            .Select(item => Path.GetFileNameWithoutExtension(item.Name)).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Domain_Source_UsesOnlyStagesBeforeItsOwn(string source)
    {
        var stage = source.Split('/')[2];
        var rank = Array.IndexOf(Stages, stage);
        Assert.True(rank >= 0 || Leaves.Contains(stage) || stage == Top, $"{stage} is no stage of the domain.");
        var allowed = (rank >= 0 ? Stages[..(rank + 1)] : stage == Top ? [.. Stages, .. Leaves, Top] : [.. Stages, stage]).ToHashSet();
        var text = Repository.Read(source);

        Assert.Matches($@"(?m)^namespace FishCheckpoint\.{stage}(\.\w+)*;\r?$", text);
        Assert.Subset(allowed, StageNamed().Matches(text).Select(match => match.Groups["stage"].Value).ToHashSet());
        Assert.DoesNotMatch(NetworkOrData, text);
    }

    [Theory]
    [InlineData(Training)]
    [InlineData(Interchange)]
    [InlineData(Following)]
    public void BesideTheDomain_Sources_HaveTheirNamespaceAndNeitherNetworkNorData(string project) =>
        Assert.All(Repository.Files("*.cs", project), source =>
        {
            var text = Repository.Read(source);
            Assert.Matches($@"(?m)^namespace {Regex.Escape(Path.GetFileName(project))}(\.\w+)*;\r?$", text);
            Assert.DoesNotMatch(NetworkOrData, text);
        });

    [Fact]
    public void Sources_OutsideParts_AreNamedInTheirPlaceOnly()
    {
        foreach (var source in Repository.Files("*.cs").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)))
        {
            foreach (var used in Used().Matches(Repository.Read(source)).Select(match => match.Groups["name"].Value))
            {
                AssertAllowed(source, used);
            }
        }
    }

    [Fact]
    public void Sources_Lines_EndWhereEditorConfigSays()
    {
        var longest = int.Parse(
            MaxLineLength().Match(Repository.Read(".editorconfig")).Groups["columns"].Value, CultureInfo.InvariantCulture);
        var scripts = new[] { "*.py", "*.js", "*.html", "*.css" }.SelectMany(kind => Repository.Files(kind))
            .Where(file => !file.StartsWith("tests/", StringComparison.Ordinal));
        var tooLong = Repository.Files("*.cs").Concat(scripts)
            .SelectMany(file => Repository.Read(file).Split('\n').Index()
                .Where(line => line.Item.TrimEnd('\r').Length > longest).Select(line => $"{file}:{line.Index + 1}"));

        Assert.Empty(tooLong);
    }

    // On Windows a reader that does not share deletion keeps its file from being replaced. One place decides how files are opened for
    // reading.
    [Fact]
    public void Sources_FilesThatAreRead_AreOpenedInOnePlace() => Assert.DoesNotContain(
        Repository.Files("*.cs").Except(OpenForReading)
        .Where(file => ShippedFolders.Any(folder => file.StartsWith(folder, StringComparison.Ordinal))),
        file => OpenedForReading().IsMatch(Repository.Read(file)));

    // What Windows or macOS lacks has to be asked for behind a look at the system.
    [Fact]
    public void Sources_CallsOfTheSystemsLibrary_AreGuarded() => Assert.All(
        Repository.Files("*.cs").Where(file => ShippedFolders.Any(folder => file.StartsWith(folder, StringComparison.Ordinal))
            && Repository.Read(file).Contains("Import(\"libc\"", StringComparison.Ordinal)),
        file => Assert.True(
            Repository.Read(file).Contains("OperatingSystem.IsWindows()", StringComparison.Ordinal), $"{file} calls libc unguarded."));

    [Fact]
    public void Projects_Packages_AreNamedInTheirPlaceOnly()
    {
        foreach (var project in Repository.Files("*.csproj").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)))
        {
            foreach (var (_, name, _) in References(project).Where(item => item.Kind != "ProjectReference"))
            {
                AssertAllowed(project, name);
            }
        }
    }

    [Fact]
    public void Sources_NativeLibraries_AreNamedAsEverySystemNamesThem() => Assert.All(
        Repository.Files("*.cs").Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)),
        source => Assert.DoesNotMatch(@"\.(so|dll|dylib)(\.\d+)*""", Repository.Read(source)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_Packages_HaveTheirVersionInOnePlace(string project) => Assert.All(References(project), item =>
    {
        Assert.Null(item.Element.Attribute("Version") ?? item.Element.Attribute("VersionOverride"));
        Assert.Empty(item.Element.Elements());
    });

    [Fact]
    public void Packages_Versions_AreExact() => Assert.All(
        XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion"),
        package => Assert.Matches(@"^\d+(\.\d+){1,3}(-[0-9A-Za-z.-]+)?$", package.Attribute("Version")?.Value ?? ""));

    [Fact]
    public void Solution_Projects_AreAllOfTheTree() => Assert.Equal(
        Repository.Files("*.csproj").Order(StringComparer.Ordinal),
        SolutionProject().Matches(Repository.Read("FishCheckpoint.sln")).Select(match => match.Groups["path"].Value.Replace('\\', '/'))
            .Order(StringComparer.Ordinal));

    // The adapter leaves libtorch to its users; tests and sample choose it together, by system and device.
    [Fact]
    public void Libtorch_Packages_AreChosenInOnePlace() => Assert.Equal(
        ["Directory.Packages.props", "tests/TorchSharp.Native/TorchSharp.Native.targets"],
        ((string[])["*.csproj", "*.props", "*.targets"]).SelectMany(pattern => Repository.Files(pattern))
            .Where(file => NativeTorch().IsMatch(Repository.Read(file))).Order(StringComparer.Ordinal));

    private static void AssertAllowed(string file, string name)
    {
        foreach (var (prefix, folders) in
            OutsideAllowed.Where(rule => name == rule.Prefix || name.StartsWith(rule.Prefix + ".", StringComparison.Ordinal)))
        {
            Assert.True(folders.Any(folder => file.StartsWith(folder, StringComparison.Ordinal)), $"{file} may not use {prefix}.");
        }
    }

    private static IEnumerable<(string Kind, string Name, XElement Element)> References(string project) =>
        XDocument.Parse(Repository.Read(project)).Descendants()
            .Where(element => element.Name.LocalName is "ProjectReference" or "PackageReference" or "FrameworkReference" or "Reference")
            .Select(element => (element.Name.LocalName, element.Attribute("Include")!.Value.Replace('\\', '/'), element));

    [GeneratedRegex(@"max_line_length = (?<columns>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MaxLineLength();

    [GeneratedRegex(@"File\.OpenRead\(|FileAccess\.Read\b|File\.OpenHandle\([^,)]*\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OpenedForReading();

    [GeneratedRegex(@", ""(?<path>[^""]+\.csproj)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex SolutionProject();

    [GeneratedRegex(@"Include=""(libtorch|TorchSharp-c)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NativeTorch();

    [GeneratedRegex(
        @"\bFishCheckpoint\.(?<stage>Errors|Tensors|Masks|Deltas|Codec|Checkpoints|Training|Reports|Access|Stores|Interchange|"
        + @"Following|Engine|Storage|Api|Client|Cli|TorchSharp)\b",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex StageNamed();

    [GeneratedRegex(
        @"(?m)^\s*(global )?using (static )?(\w+\s*=\s*)?(?<name>[\w.]+);", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Used();
}
