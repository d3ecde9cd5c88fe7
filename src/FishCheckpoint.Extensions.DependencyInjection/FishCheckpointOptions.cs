using FishCheckpoint.Storage;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>The embedded store of a program: settings that configuration can give, and a function for all others.</summary>
public sealed class FishCheckpointOptions
{
    /// <summary>The data folder; a relative one is relative to the working folder. Default: <c>data</c>.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>Whether a folder that holds no store is refused instead of becoming one. Default: it becomes one.</summary>
    public bool MustExist { get; set; }

    /// <summary>How long what is deleted can be brought back; zero: not at all. Default: 24 hours.</summary>
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The most that reading a checkpoint may cost, in bytes, as a multiple of the base and one delta; at least 1. Default:
    /// 3.</summary>
    public double MaxReadCost { get; set; } = 3;

    /// <summary>Sets all other options of the store, given those that the settings above make. Default: they stay as they are.</summary>
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
