using System.Text.RegularExpressions;
using FishCheckpoint.Packages.Tests.Support;
using Xunit;

namespace FishCheckpoint.Packages.Tests.Architecture;

/// <summary>
/// Keeps the arrows of docs/internals/architecture.md in the compiled assemblies: between assemblies, between their namespaces, and to
/// libraries.
/// </summary>
public sealed partial class DependencyTests
{
    private const string Own = "FishCheckpoint";

    // Who may name the types of which other assemblies.
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["FishCheckpoint"] = [],
        ["FishCheckpoint.Training"] = ["FishCheckpoint"],
        ["FishCheckpoint.Interchange"] = ["FishCheckpoint"],
        ["FishCheckpoint.Following"] = ["FishCheckpoint"],
        ["FishCheckpoint.Engine"] = ["FishCheckpoint"],
        ["FishCheckpoint.Storage"] = ["FishCheckpoint", "FishCheckpoint.Engine"],
        ["FishCheckpoint.Client"] = ["FishCheckpoint"],
        ["FishCheckpoint.Extensions.DependencyInjection"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Client", "FishCheckpoint.Storage"],
        ["FishCheckpoint.Demo"] = ["FishCheckpoint", "FishCheckpoint.Training"],
        ["FishCheckpoint.Bench"] = ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Storage"],
        ["FishCheckpoint.TorchSharp"] = ["FishCheckpoint", "FishCheckpoint.Training"],
        ["FishCheckpoint.Api"] =
        ["FishCheckpoint", "FishCheckpoint.Engine", "FishCheckpoint.Extensions.DependencyInjection", "FishCheckpoint.Storage"],
        ["fishckpt"] =
        [
            "FishCheckpoint", "FishCheckpoint.Training", "FishCheckpoint.Interchange", "FishCheckpoint.Following", "FishCheckpoint.Engine",
            "FishCheckpoint.Storage", "FishCheckpoint.Client", "FishCheckpoint.Api", "FishCheckpoint.Demo", "FishCheckpoint.Bench",
        ],
    };

    // What opens, examines or repairs the store of a data folder: nothing else names FishCheckpoint.Storage.
    private static readonly string[] CompositionRoots =
    [
        "FishCheckpoint.Extensions.DependencyInjection", "FishCheckpoint.Api.Composition", "FishCheckpoint.Bench.BenchRun",
        "FishCheckpoint.Bench.StoreBench", "FishCheckpoint.Cli.Hosting.OpenedStore", "FishCheckpoint.Cli.Commands.BenchCommand",
        "FishCheckpoint.Cli.Commands.CopyTexts", "FishCheckpoint.Cli.Commands.RepairCommand", "FishCheckpoint.Cli.Commands.RestoreCommand",
        "FishCheckpoint.Cli.Completion.StoreNames", "FishCheckpoint.Cli.Doctor",
    ];

    // What knows paths of files: the engine leaves these to the ports.
    private static readonly string[] Files =
        ["System.IO.File", "System.IO.FileInfo", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo", "System.IO.Path"];

    // Who may name SQLite.
    private static readonly string[] HoldersOfSqlite =
        ["FishCheckpoint.Storage.Sqlite", "FishCheckpoint.Storage.Repairs", "FishCheckpoint.Storage.Backups"];

    private const string Storage = "FishCheckpoint.Storage";

    // Gateways: they hold SQL, and name nothing else of storage.
    private const string Catalog = "FishCheckpoint.Storage.Catalog";

    // Who may hold SQL.
    private static readonly string[] HoldersOfSql = [.. HoldersOfSqlite, Catalog];

    // What a library's namespaces begin with, and the namespaces that may name it.
    private static readonly (string Library, string[] Users)[] Libraries =
    [
        ("Microsoft.Data", HoldersOfSqlite),
        ("System.Data", HoldersOfSqlite),
        ("SQLitePCL", HoldersOfSqlite),
        ("System.Net.Http", ["FishCheckpoint.Client", "FishCheckpoint.Api", "FishCheckpoint.Cli"]),
        ("Microsoft.AspNetCore", ["FishCheckpoint.Api", "FishCheckpoint.Client", "FishCheckpoint.Cli"]),
        ("Microsoft.Extensions", ["FishCheckpoint.Api", "FishCheckpoint.Cli", "FishCheckpoint.Extensions.DependencyInjection"]),
        ("Spectre.Console", ["FishCheckpoint.Cli"]),
        ("System.CommandLine", ["FishCheckpoint.Cli"]),
        ("TorchSharp", ["FishCheckpoint.TorchSharp"]),
    ];

    private static readonly string Output = Tree.Path(
        ["src", "FishCheckpoint.Cli", .. AppContext.BaseDirectory.TrimEnd('/', '\\').Split('/', '\\')[^3..]]);

    private static readonly Lazy<CompiledAssembly[]> Assemblies = new(() =>
    [
        .. Arrows.Keys.Select(name => $"{name}.dll")
            .Select(
                file => Path.Combine(Output, file) is var there && File.Exists(there) ? there
                : Path.Combine(AppContext.BaseDirectory, file))
            .Select(CompiledAssembly.Read),
    ]);

    private static readonly Lazy<Dictionary<string, string>> Owners = new(() => Assemblies.Value
        .SelectMany(assembly => assembly.Types.Select(type => (type.FullName, assembly.Name)))
        .DistinctBy(owned => owned.FullName).ToDictionary(owned => owned.FullName, owned => owned.Name, StringComparer.Ordinal));

    [Fact]
    public void Assemblies_OfTheProduct_KeepTheirRules() =>
        Assert.Empty(Broken().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Rules_Namespaces_AreThere()
    {
        var there = Assemblies.Value.SelectMany(assembly => assembly.Types).Select(type => type.Namespace)
            .ToHashSet(StringComparer.Ordinal);
        Assert.All(Assemblies.Value, assembly => Assert.NotEmpty(assembly.Types));
        Assert.All(Libraries.SelectMany(rule => rule.Users).Distinct(), user => Assert.Contains(there, name => IsWithin(name, user)));
        Assert.All(CompositionRoots, root => Assert.Contains(
            Assemblies.Value.SelectMany(assembly => assembly.Types), type => IsWithin(type.FullName, root)));
    }

    private static IEnumerable<string> Broken() => Assemblies.Value.SelectMany(assembly =>
        Cycles.Of(assembly).Select(arrow => $"cycle: {arrow}")
            .Concat(assembly.Types.SelectMany(type => BrokenBy(assembly, type))));

    private static IEnumerable<string> BrokenBy(CompiledAssembly assembly, CompiledType type)
    {
        var own = OwnerOf(type.FullName);
        foreach (var named in type.Names.Where(named => IsWithin(named.Namespace, Own)))
        {
            if (OwnerOf(named.FullName) is { } other && other != own && !Arrows[assembly.Name].Contains(other))
            {
                yield return $"arrow: {type.FullName} -> {named.FullName}";
            }

            if (OwnerOf(named.FullName) == Storage && own != Storage && !CompositionRoots.Any(root => IsWithin(type.FullName, root)))
            {
                yield return $"composition: {type.FullName} -> {named.FullName}";
            }
        }

        foreach (var named in type.Names.Where(named =>
            type.Namespace == Catalog && IsWithin(named.Namespace, "FishCheckpoint.Storage") && named.Namespace != Catalog))
        {
            yield return $"gateway: {type.FullName} -> {named.FullName}";
        }

        foreach (var named in type.Names.Where(named => assembly.Name == "FishCheckpoint.Engine" && Files.Contains(named.FullName)))
        {
            yield return $"file: {type.FullName} -> {named.FullName}";
        }

        foreach (var text in type.Texts.Where(text => type.Namespace == Catalog && SqliteOnly().IsMatch(text)))
        {
            yield return $"dialect: {type.FullName} holds {SqliteOnly().Match(text)}";
        }

        foreach (var (library, _) in Libraries.Where(rule =>
            !rule.Users.Any(user => IsWithin(type.Namespace, user)) && type.Names.Any(named => IsWithin(named.Namespace, rule.Library))))
        {
            yield return $"library: {type.FullName} -> {library}";
        }

        if (!HoldersOfSql.Any(holder => IsWithin(type.Namespace, holder)) && type.Texts.Any(text => Sql().IsMatch(text)))
        {
            yield return $"SQL: {type.FullName}";
        }
    }

    private static string? OwnerOf(string type) => Owners.Value.GetValueOrDefault(type);

    private static bool IsWithin(string name, string prefix) => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal);

    [GeneratedRegex(
        @"^\s*(SELECT|INSERT|UPDATE|DELETE FROM|WITH( RECURSIVE)? \w+|PRAGMA|CREATE (TABLE|INDEX|TRIGGER|TEMP))\s",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sql();

    // What PostgreSQL does not take.
    [GeneratedRegex(
        @"\b(INDEXED BY|rowid|pragma\w*|json_each|hex\(|total\(|iif\(|sqlite_\w+|temp\.|TEMP TABLE|GLOB)"
        + @"|\bx''| IS (NOT )?\$|ON CONFLICT DO UPDATE",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SqliteOnly();
}
