using FishCheckpoint.Codec;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api;

/// <summary>The section <c>FishCheckpoint</c> of appsettings.json, which every program reads.</summary>
public sealed class FishSettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "FishCheckpoint";

    /// <summary>The data folder; a relative one is relative to the working folder. Default: <c>data</c>.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>How deltas are encoded.</summary>
    public CompressionSettings Compression { get; set; } = new();

    /// <summary>What is refused for its size.</summary>
    public LimitSettings Limits { get; set; } = new();

    /// <summary>How long chains of deltas may become.</summary>
    public ChainSettings Chains { get; set; } = new();

    /// <summary>What the server does when there is time.</summary>
    public MaintenanceSettings Maintenance { get; set; } = new();

    /// <summary>The store's options that these settings say.</summary>
    public StoreOptions ToStoreOptions() => new()
    {
        DataFolder = Path.GetFullPath(DataFolder),
        Codec = new CodecOptions(Compression.Positions, Compression.Values, Compression.Level) { Effort = Compression.Effort },
        Bases = Compression.Bases,
        MaxHeaderBytes = Limits.MaxHeaderBytes,
        MaxUploadBytes = Limits.MaxUploadBytes,
        MaxStateBytes = Limits.MaxStateBytes,
        MaxReadCost = Chains.MaxReadCost,
        MaxChainDepth = Limits.MaxChainDepth,
    };

    /// <summary>Compression by kind of bytes.</summary>
    public sealed class CompressionSettings
    {
        /// <summary>
        /// How much is done to make deltas small: Auto, Fast, Small, or Runs, which is compression and nothing else. Default: Auto, which is Fast for the values of
        /// a fixed mask and Small for all else.
        /// </summary>
        public CodecEffort Effort { get; set; } = CodecEffort.Auto;

        /// <summary>Compression of positions, with Runs. Default: Zstd.</summary>
        public Compression Positions { get; set; } = Codec.Compression.Zstd;

        /// <summary>Compression of byte planes. Default: Zstd.</summary>
        public Compression Values { get; set; } = Codec.Compression.Zstd;

        /// <summary>Effort of Zstandard and Brotli. Default: 1.</summary>
        public int Level { get; set; } = 1;

        /// <summary>How the files of bases are kept: None, as they were sent, or Dense. Default: None.</summary>
        public BaseCompression Bases { get; set; } = BaseCompression.None;
    }

    /// <summary>Chains of deltas.</summary>
    public sealed class ChainSettings
    {
        /// <summary>The most that reading a checkpoint may cost, in bytes: so many times the base and one delta; at least 1. Default: 3.</summary>
        public double MaxReadCost { get; set; } = 3;
    }

    /// <summary>Work in the background.</summary>
    public sealed class MaintenanceSettings
    {
        /// <summary>How often what was saved fast is encoded again, to fewer bytes; zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan RecodeEvery { get; set; }

        /// <summary>The most stored bytes that a round takes; <see langword="null"/>: all. Default: all.</summary>
        public long? RecodeMaxBytes { get; set; }

        /// <summary>How long a round goes on; <see langword="null"/>: until everything is done. Default: until everything is done.</summary>
        public TimeSpan? RecodeMaxTime { get; set; }

        /// <summary>How often checkpoints that cost too much to read are laid on earlier ones; zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan FoldEvery { get; set; }

        /// <summary>The most bytes of frames that such a round reads; <see langword="null"/>: all. Default: all.</summary>
        public long? FoldMaxBytes { get; set; }

        /// <summary>How long such a round goes on; <see langword="null"/>: until everything is done. Default: until everything is done.</summary>
        public TimeSpan? FoldMaxTime { get; set; }
    }

    /// <summary>Limits, in bytes unless said otherwise.</summary>
    public sealed class LimitSettings
    {
        /// <summary>The longest safetensors header.</summary>
        public int MaxHeaderBytes { get; set; } = SafetensorsHeader.MaxLength;

        /// <summary>The longest body of a base or checkpoint.</summary>
        public long MaxUploadBytes { get; set; } = 1L << 40;

        /// <summary>The longest trainer state.</summary>
        public long MaxStateBytes { get; set; } = 1L << 36;

        /// <summary>The longest JSON body.</summary>
        public long MaxJsonBytes { get; set; } = 1 << 20;

        /// <summary>The most deltas between a checkpoint and its base, whatever they cost to read. Default: 128.</summary>
        public int MaxChainDepth { get; set; } = 128;
    }
}
