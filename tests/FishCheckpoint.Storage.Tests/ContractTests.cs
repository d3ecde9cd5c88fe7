using FishCheckpoint.Contract;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

public sealed class SqliteSaveTests : SaveContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteOverwriteTests : OverwriteContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteCatalogTests : CatalogContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteSideFileTests : SideFileContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteHookTests : HookContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteDenseSaveTests : SaveContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder, Bases = BaseCompression.Compressed });
}

public sealed class SqliteDenseCatalogTests : CatalogContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder, Bases = BaseCompression.Compressed });

    protected override void AssertBasesTake(long bytes) => Assert.Equal(
        Directory.EnumerateFiles(Path.Combine(Folder, "data", "bases"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), bytes);
}

public sealed class SqliteRecodeTests : RecodeContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder, Codec = new Codec.CodecOptions { Effort = Codec.CodecEffort.Fast } });
}

public sealed class SqliteVerifyTests : VerifyContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteComparisonTests : ComparisonContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteBranchTests : BranchContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteBranchTrainingTests : BranchTrainingContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteFoldTests : FoldContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder, DeletionGrace = TimeSpan.Zero });
}

public sealed class SqliteEventTests : EventContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteDeletionTests : DeletionContract
{
    protected override async Task<IFishStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}
