using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>The suite of saves over compressed bases.</summary>
[Trait("Category", "Slow")]
public sealed class CompressedBaseSaveTests : SaveContract
{
    protected override StoreSetup Setup => new() { CompressBases = true };
}

/// <summary>The suite of the catalog over compressed bases.</summary>
[Trait("Category", "Slow")]
public sealed class CompressedBaseCatalogTests : CatalogContract
{
    protected override StoreSetup Setup => new() { CompressBases = true };

    protected override void AssertBasesTake(long bytes) => Assert.Equal(
        Directory.EnumerateFiles(Path.Combine(Folder, "data", "bases"), "*", SearchOption.AllDirectories)
        .Sum(file => new FileInfo(file).Length), bytes);
}
