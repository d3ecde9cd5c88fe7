using FishCheckpoint.Codec;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Contract;

/// <summary>Opens empty stores of one implementation for the contract suites. Disposing it closes what it opened beside them.</summary>
public abstract class StoreFactory : IAsyncDisposable
{
    /// <summary>Whether an open reader goes on after its checkpoint is deleted; a client reads by separate requests and cannot.</summary>
    public virtual bool ReadsSnapshots => true;

    /// <summary>Opens a store of an empty folder.</summary>
    public abstract Task<IFishStore> OpenAsync(string dataFolder, StoreSetup setup);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>How a suite wants its store; <see langword="null"/> or <see langword="false"/> is the store's default.</summary>
public sealed record StoreSetup
{
    public CodecEffort? Effort { get; init; }

    public TimeSpan? DeletionGrace { get; init; }

    public bool CompressBases { get; init; }
}
