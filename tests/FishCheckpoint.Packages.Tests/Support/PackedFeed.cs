using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using Xunit;

[assembly: AssemblyFixture(typeof(FishCheckpoint.Packages.Tests.Support.PackedFeed))]

namespace FishCheckpoint.Packages.Tests.Support;

/// <summary>
/// Every package, packed once out of what was built, in a folder that serves as a feed; and the tool, installed from there.
/// </summary>
public sealed class PackedFeed : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-packages-").FullName;

    /// <summary>The folder of packages.</summary>
    public string Feed => Path.Combine(folder, "feed");

    /// <summary>The program of the tool's package, installed in a folder of its own.</summary>
    public string Fish { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var configuration = typeof(PackedFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        await Command.RunAsync(
            Tree.Path(), "dotnet",
            ["pack", "FishCheckpoint.sln", "--no-build", "--no-restore", "-c", configuration, "-o", Feed, "-v", "q", "-nologo"]);
        var tool = await EmptyFolderAsync("tool");
        await Command.RunAsync(
            tool, "dotnet",
            ["tool", "install", "FishCheckpoint.Cli", "--version", Tree.Version, "--tool-path", "bin", "--configfile", "nuget.config"]);
        Fish = Path.Combine(tool, "bin", "fishckpt");
    }

    /// <summary>
    /// A new, empty folder in which packages come from the feed, and what others they need from where this tree has them.
    /// </summary>
    public async Task<string> EmptyFolderAsync(string name)
    {
        var empty = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var known = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var settings = new XElement(
            "configuration",
            new XElement("config", Add("globalPackagesFolder", Path.Combine(folder, "installed"))),
            new XElement("packageSources", new XElement("clear"), Add("feed", Feed)),
            new XElement("fallbackPackageFolders", new XElement("clear"), Add("known", known)));
        await File.WriteAllTextAsync(Path.Combine(empty, "nuget.config"), settings.ToString(), TestContext.Current.CancellationToken);

        // Nothing of this tree's build reaches in, wherever the temporary folder lies.
        await File.WriteAllTextAsync(Path.Combine(empty, "Directory.Build.props"), "<Project />", TestContext.Current.CancellationToken);
        return empty;
    }

    /// <summary>The names of what a package holds.</summary>
    public async Task<IReadOnlyList<string>> ContentsAsync(string id, string extension = "nupkg")
    {
        await using var package = await ZipFile.OpenReadAsync(
            Path.Combine(Feed, $"{id}.{Tree.Version}.{extension}"), TestContext.Current.CancellationToken);
        return [.. package.Entries.Select(entry => entry.FullName)];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));
}
