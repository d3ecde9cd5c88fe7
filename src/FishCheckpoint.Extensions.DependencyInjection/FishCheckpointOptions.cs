using FishCheckpoint.Storage;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>The options of an embedded store: settings for configuration, and a function for all others.</summary>
public sealed class FishCheckpointOptions
{
    /// <summary>The data folder; a relative path starts at the working folder. Default: <c>data</c>.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>Whether to refuse a folder without a store. Default: no; a new store is created there.</summary>
    public bool MustExist { get; set; }

    /// <summary>How long deleted checkpoints can be restored; zero: never. Default: 24 hours.</summary>
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The largest cost of reading a checkpoint, in bytes, as a multiple of the base plus one delta; at least 1. Default: 3.
    /// </summary>
    public double MaxReadCost { get; set; } = 3;

    /// <summary>Changes any other option, given the options made from the settings above. Default: no change.</summary>
    public Func<StoreOptions, StoreOptions>? Configure { get; set; }

    internal StoreOptions ToStoreOptions()
    {
        var options = new StoreOptions
        {
            DataFolder = Path.GetFullPath(DataFolder), MustExist = MustExist, DeletionGrace = DeletionGrace, MaxReadCost = MaxReadCost,
        };
        return Configure?.Invoke(options) ?? options;
    }
}
