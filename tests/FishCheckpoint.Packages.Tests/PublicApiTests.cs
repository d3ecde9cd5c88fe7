using System.Reflection;
using FishCheckpoint.Client;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Extensions.DependencyInjection;
using FishCheckpoint.Following.Watch;
using FishCheckpoint.Interchange;
using FishCheckpoint.Packages.Tests.Support;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;
using FishCheckpoint.TorchSharp;
using FishCheckpoint.Training;
using PublicApiGenerator;
using Xunit;

namespace FishCheckpoint.Packages.Tests;

/// <summary>
/// What the libraries promise to their users stands in the tree as text, so that a change of it is seen where it is made.
/// </summary>
public sealed class PublicApiTests
{
    private const string Approve = "FISH_APPROVE_API";

    [Theory]
    [InlineData(typeof(Layout))]
    [InlineData(typeof(FishClient))]
    [InlineData(typeof(EngineOptions))]
    [InlineData(typeof(SqliteCheckpointStore))]
    [InlineData(typeof(FishCheckpointOptions))]
    [InlineData(typeof(TorchModel))]
    [InlineData(typeof(CheckpointHook))]
    [InlineData(typeof(InterchangeFormat))]
    [InlineData(typeof(FolderWatcher))]
    public async Task PublicApi_OfALibrary_IsWhatWasApproved(Type ofLibrary)
    {
        var assembly = ofLibrary.Assembly;
        var file = Tree.Path("tests", "FishCheckpoint.Packages.Tests", "PublicApi", $"{assembly.GetName().Name}.txt");
        var actual = Describe(assembly);
        if (Environment.GetEnvironmentVariable(Approve) == "1")
        {
            await File.WriteAllTextAsync(file, actual, TestContext.Current.CancellationToken);
        }

        var approved = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : string.Empty;
        Assert.True(
            approved == actual,
            $"{FirstDifference(approved, actual)}\nIf that is meant, approve it: {Approve}=1 dotnet test "
            + "tests/FishCheckpoint.Packages.Tests, and say it in CHANGELOG.md.");
    }

    private static string Describe(Assembly assembly) =>
        assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n") + "\n";

    private static string FirstDifference(string approved, string actual)
    {
        var (old, now) = (approved.Split('\n'), actual.Split('\n'));
        var line = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"Line {line + 1} of the public API was '{old.ElementAtOrDefault(line)}' and is '{now.ElementAtOrDefault(line)}'.";
    }
}
