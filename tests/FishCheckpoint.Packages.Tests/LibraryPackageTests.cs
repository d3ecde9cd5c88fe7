using System.IO.Compression;
using FishCheckpoint.Packages.Tests.Support;
using Xunit;

namespace FishCheckpoint.Packages.Tests;

/// <summary>The libraries' packages, used by a program that has nothing else of this tree.</summary>
[Trait("Category", "Slow")]
public sealed class LibraryPackageTests(PackedFeed packages)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("FishCheckpoint")]
    [InlineData("FishCheckpoint.Client")]
    [InlineData("FishCheckpoint.Extensions.DependencyInjection")]
    [InlineData("FishCheckpoint.Following")]
    [InlineData("FishCheckpoint.Interchange")]
    [InlineData("FishCheckpoint.Storage")]
    [InlineData("FishCheckpoint.TorchSharp")]
    [InlineData("FishCheckpoint.Training")]
    public async Task Package_OfALibrary_HoldsItsDocumentsAndSymbols(string id)
    {
        var contents = await packages.ContentsAsync(id);
        Assert.Contains("README.md", contents);
        Assert.Contains($"lib/net10.0/{id}.dll", contents);
        Assert.Contains($"lib/net10.0/{id}.xml", contents);
        Assert.Contains($"lib/net10.0/{id}.pdb", await packages.ContentsAsync(id, "snupkg"));
    }

    [Fact]
    public async Task Package_Every_NamesItsLicenseAndHoldsIt()
    {
        var license = await File.ReadAllTextAsync(Tree.Path("LICENSE"), Stop);
        var found = Directory.GetFiles(packages.Feed, "*.nupkg");
        Assert.True(found.Length > 8, $"only {found.Length} packages");
        foreach (var path in found)
        {
            await using var package = await ZipFile.OpenReadAsync(path, Stop);
            Assert.Equal(license, await ReadAsync(package, entry => entry.FullName == "LICENSE"));
            Assert.Contains(
                "<license type=\"expression\">Apache-2.0</license>",
                await ReadAsync(package, entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Libraries_InAnEmptyProgram_SaveAndRestoreAsTheirReadmesSay()
    {
        var program = await packages.EmptyFolderAsync("program");
        await Models.WriteAsync(program);
        await File.WriteAllTextAsync(Path.Combine(program, "program.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="FishCheckpoint.Client" Version="{Tree.Version}" />
                <PackageReference Include="FishCheckpoint.Storage" Version="{Tree.Version}" />
              </ItemGroup>
            </Project>
            """, Stop);
        await File.WriteAllTextAsync(Path.Combine(program, "Program.cs"), Tree.SampleOf(Tree.Path("storage", "README.md")), Stop);

        // Compiled with the rest and never called: it would want a server.
        await File.WriteAllTextAsync(
            Path.Combine(program, "Remote.cs"), InMethod(Tree.SampleOf(Tree.Path("src", "FishCheckpoint.Client", "README.md"))), Stop);

        var said = await Command.RunAsync(program, "dotnet", ["run"]);

        Assert.Equal("step 100: 82 values changed\n", said.ReplaceLineEndings("\n"));
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(program, "step100.safetensors"), Stop),
            await File.ReadAllBytesAsync(Path.Combine(program, "restored.safetensors"), Stop));
    }

    private static async Task<string> ReadAsync(ZipArchive package, Func<ZipArchiveEntry, bool> isWanted)
    {
        using var reader = new StreamReader(await package.Entries.Single(isWanted).OpenAsync(Stop));
        return await reader.ReadToEndAsync(Stop);
    }

    private static string InMethod(string sample)
    {
        var body = sample.IndexOf("\n\n", StringComparison.Ordinal);
        return $"{sample[..body]}\ninternal static class Remote {{ public static async Task RunAsync() {{ {sample[body..]} }} }}\n";
    }
}
