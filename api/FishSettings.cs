using FishCheckpoint.Access;
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

    /// <summary>Whom the server lets in.</summary>
    public AccessSettings Access { get; set; } = new();

    /// <summary>How long it is kept who wrote and deleted what.</summary>
    public AuditSettings Audit { get; set; } = new();

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
        MaxChainDepth = Limits.MaxChainDepth,
        Audit = new AuditOptions { KeepEntries = Audit.KeepEntries, KeepFor = Audit.KeepFor },
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

    /// <summary>Access control.</summary>
    public sealed class AccessSettings
    {
        /// <summary>When a request needs a key. Default: Auto.</summary>
        public KeysRequired Required { get; set; } = KeysRequired.Auto;
    }

    /// <summary>The audit log.</summary>
    public sealed class AuditSettings
    {
        /// <summary>The most entries that are kept. Default: 200,000.</summary>
        public long KeepEntries { get; set; } = 200_000;

        /// <summary>How long they are kept. Default: 365 days.</summary>
        public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(365);
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

        /// <summary>The most deltas that the automatic choice of a parent puts between a checkpoint and its base.</summary>
        public int MaxChainDepth { get; set; } = 16;

        /// <summary>The most connections at once; further ones are closed. Default: 1,000.</summary>
        public int MaxConnections { get; set; } = 1000;

        /// <summary>The most requests that are answered at once; further ones get 429. Default: 256.</summary>
        public int MaxConcurrentRequests { get; set; } = 256;

        /// <summary>The most uploads that are taken at once; further ones get 429. Default: 64.</summary>
        public int MaxConcurrentUploads { get; set; } = 64;

        /// <summary>Bytes a second below which a body, or the reading of an answer, is broken off; 0: never. Default: 240.</summary>
        public double MinBytesPerSecond { get; set; } = 240;

        /// <summary>How long it may be slower than that. Default: 5 seconds.</summary>
        public TimeSpan SlowFor { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The most that the temporary files of all uploads take together. Default: 1 TiB.</summary>
        public long MaxTemporaryBytes { get; set; } = 1L << 40;

        /// <summary>What uploads leave free of the data folder's disk: the database's log may need as much. Default: 256 MiB.</summary>
        public long MinFreeBytes { get; set; } = 256L << 20;
    }
}

/// <summary>When a request needs a key.</summary>
public enum KeysRequired
{
    /// <summary>As soon as a key was ever made, and wherever the server is reached from beyond loopback.</summary>
    Auto = 0,
    /// <summary>Always.</summary>
    Always = 1,
}
