using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Contract;

/// <summary>The embedded store, as the contract suites open it.</summary>
internal sealed class TestedStore : StoreFactory
{
    /// <summary>The tier of the suites that save and read much.</summary>
    public const string LongSuites = "Fast";

    public override async Task<IFishStore> OpenAsync(string dataFolder, StoreSetup setup)
    {
        var options = new StoreOptions
        {
            DataFolder = dataFolder, Bases = setup.CompressBases ? BaseCompression.Compressed : BaseCompression.None,
        };
        if (setup.Effort is { } effort)
        {
            options = options with { Codec = new CodecOptions { Effort = effort } };
        }

        return await SqliteCheckpointStore.OpenAsync(setup.DeletionGrace is { } grace ? options with { DeletionGrace = grace } : options);
    }
}
