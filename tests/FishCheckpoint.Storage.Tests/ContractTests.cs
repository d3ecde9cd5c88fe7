using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;

namespace FishCheckpoint.Storage.Tests;

public sealed class SqliteSaveTests : SaveContract
{
    protected override async Task<ICheckpointStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteCatalogTests : CatalogContract
{
    protected override async Task<ICheckpointStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteHookTests : HookContract
{
    protected override async Task<ICheckpointStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder });
}

public sealed class SqliteRecodeTests : RecodeContract
{
    protected override async Task<ICheckpointStore> OpenAsync(string dataFolder) =>
        await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = dataFolder, Codec = new Codec.CodecOptions { Effort = Codec.CodecEffort.Fast } });
}
