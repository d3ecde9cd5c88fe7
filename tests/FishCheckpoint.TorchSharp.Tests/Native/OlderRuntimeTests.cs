using System.Reflection;
using FishCheckpoint.TorchSharp.Native;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Native;

public sealed class OlderRuntimeTests
{
    // The package has the library of every system, wherever the tests run.
    private static readonly string Original = Path.Combine(Package, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    private static string Package => typeof(OlderRuntimeTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "TorchSharpPackage").Value!;

    [Fact]
    public void Adapt_LibraryOfThePackage_NeedsTheOlderSymbolInstead()
    {
        var library = File.ReadAllBytes(Original);
        var (before, after) = (new ElfLibrary(library), new ElfLibrary(OlderRuntime.Adapt(library)!));

        Assert.Equal(
            before.Versions.Select(
                version => version.Name == OlderRuntime.Version ? version with { Name = OlderRuntime.OlderVersion } : version),
            after.Versions);
        Assert.Equal(
            before.Imports.Select(import => import.Name == OlderRuntime.Symbol ? import with { Name = OlderRuntime.OlderSymbol } : import),
            after.Imports);
        Assert.DoesNotContain(after.Versions, version => version.Name == OlderRuntime.Version);
    }

    [Fact]
    public void Adapt_LibraryOfThePackage_ChangesOneVersionAndOneName()
    {
        var library = File.ReadAllBytes(Original);
        var elf = new ElfLibrary(library);
        var version = elf.Versions.Single(version => version.Name == OlderRuntime.Version).Entry;
        var name = elf.Imports.Single(import => import.Name == OlderRuntime.Symbol).NameAt;
        var adapted = OlderRuntime.Adapt(library)!;

        Assert.Equal(library.Length, adapted.Length);
        int[] allowed = [.. Enumerable.Range(version, 12), .. Enumerable.Range(name, OlderRuntime.Symbol.Length)];
        Assert.Subset(
            allowed.ToHashSet(), Enumerable.Range(0, library.Length).Where(place => adapted[place] != library[place]).ToHashSet());
    }

    [Fact]
    public void Versions_LibraryOfThePackage_AreThoseThatReadelfLists()
    {
        var elf = new ElfLibrary(File.ReadAllBytes(Original));
        Assert.Equal(28, elf.Versions.Count);
        Assert.Contains(elf.Versions, version => version is { Name: "GLIBC_2.34", Index: 24 });
        Assert.Contains(elf.Versions, version => version is { Name: "GLIBCXX_3.4.32", Index: 18 });
    }

    [Fact]
    public void Adapt_LibraryThatDoesWithout_IsLeftAlone() =>
        Assert.Null(OlderRuntime.Adapt(OlderRuntime.Adapt(File.ReadAllBytes(Original))!));

    [Fact]
    public void Adapt_LibraryThatNeedsMoreOfTheVersion_IsLeftAlone()
    {
        var library = File.ReadAllBytes(Original);
        var name = new ElfLibrary(library).Imports.Single(import => import.Name == OlderRuntime.Symbol).NameAt;
        library[name + 5] ^= 1;
        Assert.Null(OlderRuntime.Adapt(library));
    }

    [Fact]
    public void Adapt_NoLibrary_IsRefused()
    {
        Assert.Throws<InvalidDataException>(() => OlderRuntime.Adapt([]));
        Assert.Throws<InvalidDataException>(() => OlderRuntime.Adapt(File.ReadAllBytes(typeof(OlderRuntimeTests).Assembly.Location)));
    }

    [Fact]
    public void Adapt_DamagedLibrary_IsAdaptedLeftAloneOrRefused()
    {
        var library = File.ReadAllBytes(Original);
        var elf = new ElfLibrary(library);
        int[] places = [.. Enumerable.Range(0, 1024), .. elf.Versions.SelectMany(version => Enumerable.Range(version.Entry, 16))];
        foreach (var place in places)
        {
            foreach (var value in (byte[])[0, 0xff])
            {
                var damaged = library[place];
                library[place] = value;
                TryAdapt(library);
                library[place] = damaged;
            }
        }

        for (var length = 1; length < library.Length; length += 1 + (length / 2))
        {
            TryAdapt(library[..length]);
        }
    }

    // Any other exception than that for bad data fails the test.
    private static void TryAdapt(byte[] library)
    {
        try
        {
            Assert.Equal(library.Length, OlderRuntime.Adapt(library)?.Length ?? library.Length);
        }
        catch (InvalidDataException error)
        {
            Assert.NotEmpty(error.Message);
        }
    }
}
