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

    /// <summary>What the server does when there is time.</summary>
    public MaintenanceSettings Maintenance { get; set; } = new();

    /// <summary>What the server tells of itself.</summary>
    public TelemetrySettings Telemetry { get; set; } = new();

    /// <summary>How the server stops.</summary>
    public ShutdownSettings Shutdown { get; set; } = new();

    /// <summary>Reads the section.</summary>
    public static FishSettings Of(IConfiguration configuration) => configuration.GetSection(Section).Get<FishSettings>() ?? new FishSettings();

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

    /// <summary>Metrics and traces.</summary>
    public sealed class TelemetrySettings
    {
        /// <summary>Whether <c>/metrics</c> gives metrics as Prometheus text. Default: it does.</summary>
        public bool Metrics { get; set; } = true;

        /// <summary>Where OpenTelemetry traces are sent (OTLP over gRPC), as in <c>http://localhost:4317</c>. Default: nowhere.</summary>
        public Uri? TracesTo { get; set; }

        /// <summary>What the server calls itself in metrics and traces. Default: <c>fishcheckpoint</c>.</summary>
        public string ServiceName { get; set; } = "fishcheckpoint";
    }

    /// <summary>What happens after SIGTERM or Ctrl-C.</summary>
    public sealed class ShutdownSettings
    {
        /// <summary>How long requests that are under way may go on; then they are broken off, and a save leaves nothing. Default: a minute.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>How long the server still listens, while <c>/readyz</c> says 503 already; part of <see cref="Timeout"/>. Default: not at all.</summary>
        public TimeSpan Delay { get; set; }
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
    }
}
