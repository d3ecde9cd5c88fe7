using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Settings;

/// <summary>The settings of the section <c>FishCheckpoint</c>, which every program reads.</summary>
public sealed class FishSettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "FishCheckpoint";

    /// <summary>The data folder. A relative path starts at the working folder. Default: <c>data</c>.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>How deltas and bases are compressed.</summary>
    public CompressionSettings Compression { get; set; } = new();

    /// <summary>Limits of sizes, connections and requests. Sizes are in bytes.</summary>
    public LimitSettings Limits { get; set; } = new();

    /// <summary>Access control.</summary>
    public AccessSettings Access { get; set; } = new();

    /// <summary>How long the audit log is kept.</summary>
    public AuditSettings Audit { get; set; } = new();

    /// <summary>The length of delta chains.</summary>
    public ChainSettings Chains { get; set; } = new();

    /// <summary>Maintenance in the background.</summary>
    public MaintenanceSettings Maintenance { get; set; } = new();

    /// <summary>Metrics and traces.</summary>
    public TelemetrySettings Telemetry { get; set; } = new();

    /// <summary>Checkpoints as model repositories.</summary>
    public HubSettings Hub { get; set; } = new();

    /// <summary>The stop after SIGTERM or Ctrl-C.</summary>
    public ShutdownSettings Shutdown { get; set; } = new();

    /// <summary>Reads the section.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a value is invalid.</exception>
    public static FishSettings Of(IConfiguration configuration)
    {
        try
        {
            return configuration.GetSection(Section).Get<FishSettings>() ?? new FishSettings();
        }
        catch (InvalidOperationException error)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, Section, error.Message,
                "Fix the value in appsettings.json, in the environment or on the command line. "
                + "docs/reference/configuration.md lists all settings.", error);
        }
    }

    /// <summary>The retention of tasks without rules of their own. Without any rule, all checkpoints are kept.</summary>
    public RetentionSettings Retention { get; set; } = new();

    /// <summary>How long deleted checkpoints can be undeleted. They use space until then. Zero: not at all. Default: 24 hours.</summary>
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Compression by kind of bytes.</summary>
    public sealed class CompressionSettings
    {
        /// <summary>
        /// The effort for small deltas. Runs only compresses; Fast and Small also predict values; Auto is Fast for the values of a fixed
        /// mask and Small for everything else. Default: Auto.
        /// </summary>
        public CodecEffort Effort { get; set; } = CodecEffort.Auto;

        /// <summary>The compression of positions, if the effort is Runs. Default: Zstd.</summary>
        public Compression Positions { get; set; } = Codec.Compression.Zstd;

        /// <summary>The compression of byte planes. Default: Zstd.</summary>
        public Compression Values { get; set; } = Codec.Compression.Zstd;

        /// <summary>The compression level: 1 to 19 for Zstandard, 1 to 11 for Brotli, 1 to 12 for LZ4. Default: 1.</summary>
        public int Level { get; set; } = 1;

        /// <summary>How new base files are stored: as sent, or Compressed block by block. Default: None.</summary>
        public BaseCompression Bases { get; set; } = BaseCompression.None;
    }

    /// <summary>Access control.</summary>
    public sealed class AccessSettings
    {
        /// <summary>When a request needs a key. Auto: once a key exists, and for all requests from other machines. Default: Auto.</summary>
        public KeysRequired Required { get; set; } = KeysRequired.Auto;
    }

    /// <summary>Checkpoints as model repositories (docs/guides/hub.md).</summary>
    public sealed class HubSettings
    {
        /// <summary>
        /// The owner in the names of repositories, as in <c>fish/sst2</c>. Clients may also use the name of the task alone. Default:
        /// fish.
        /// </summary>
        public string Owner { get; set; } = "fish";
    }

    /// <summary>The audit log.</summary>
    public sealed class AuditSettings
    {
        /// <summary>The largest number of entries about changes. Default: 200,000.</summary>
        public long KeepEntries { get; set; } = 200_000;

        /// <summary>The largest number of entries about refused requests. Default: 20,000.</summary>
        public long KeepRefusals { get; set; } = 20_000;

        /// <summary>How long entries are kept. Default: 365 days.</summary>
        public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(365);
    }

    /// <summary>Chains of deltas.</summary>
    public sealed class ChainSettings
    {
        /// <summary>
        /// The largest read cost of a checkpoint, as a multiple of its base and one delta; at least 1. Default: 3.
        /// </summary>
        public double MaxReadCost { get; set; } = 3;
    }

    /// <summary>The retention of tasks without rules of their own.</summary>
    public sealed class RetentionSettings
    {
        /// <summary>Keep this number of newest checkpoints. Default: none.</summary>
        public int? KeepLast { get; set; }

        /// <summary>Keep checkpoints whose step is a multiple of this. Default: none.</summary>
        public long? KeepEvery { get; set; }

        /// <summary>Keep checkpoints saved within this time. Default: none.</summary>
        public TimeSpan? KeepWithin { get; set; }

        /// <summary>The retention of these settings; <see langword="null"/> if there is no rule.</summary>
        public Retention? ToRetention() =>
            new Retention(KeepLast, KeepEvery, KeepWithin: KeepWithin) is { HasRules: true } rules ? rules : null;
    }

    /// <summary>Background maintenance.</summary>
    public sealed class MaintenanceSettings
    {
        /// <summary>How often to recode checkpoints that were saved fast. Zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan RecodeEvery { get; set; }

        /// <summary>The largest number of stored bytes that a round recodes. Default: all.</summary>
        public long? RecodeMaxBytes { get; set; }

        /// <summary>
        /// The longest time of a round of recoding. Default: until everything is done.
        /// </summary>
        public TimeSpan? RecodeMaxTime { get; set; }

        /// <summary>How often to verify the least recently verified items. Zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan VerifyEvery { get; set; }

        /// <summary>The largest number of stored bytes that a round of verification reads. Default: all.</summary>
        public long? VerifyMaxBytes { get; set; }

        /// <summary>
        /// The longest time of a round of verification. Default: until everything is done.
        /// </summary>
        public TimeSpan? VerifyMaxTime { get; set; }

        /// <summary>
        /// The folder for backups that are requested over HTTP. Default: none, which refuses them.
        /// </summary>
        public string? BackupFolder { get; set; }

        /// <summary>
        /// How often to fold chains that cost too much to read. Zero: never. At most 49 days. Default: never.
        /// </summary>
        public TimeSpan FoldEvery { get; set; }

        /// <summary>The largest number of frame bytes that a round of folding reads. Default: all.</summary>
        public long? FoldMaxBytes { get; set; }

        /// <summary>
        /// The longest time of a round of folding. Default: until everything is done.
        /// </summary>
        public TimeSpan? FoldMaxTime { get; set; }

        /// <summary>
        /// How often to delete checkpoints that no retention rule keeps, and to free unused space. Zero: never. At most 49 days. Default:
        /// every ten minutes.
        /// </summary>
        public TimeSpan CollectEvery { get; set; } = TimeSpan.FromMinutes(10);

        /// <summary>
        /// The longest time of a round of collection. Default: until everything is done.
        /// </summary>
        public TimeSpan? CollectMaxTime { get; set; }
    }

    /// <summary>Metrics and traces.</summary>
    public sealed class TelemetrySettings
    {
        /// <summary>Whether <c>/metrics</c> gives metrics as Prometheus text. Default: true.</summary>
        public bool Metrics { get; set; } = true;

        /// <summary>The OpenTelemetry collector for traces (OTLP over gRPC), as in <c>http://localhost:4317</c>. Default: none.</summary>
        public Uri? TracesTo { get; set; }

        /// <summary>The name of the server in metrics and traces. Default: <c>fishcheckpoint</c>.</summary>
        public string ServiceName { get; set; } = "fishcheckpoint";
    }

    /// <summary>The stop after SIGTERM or Ctrl-C.</summary>
    public sealed class ShutdownSettings
    {
        /// <summary>
        /// How long running requests may take. Then they are aborted, and an unfinished save leaves nothing. Default: a minute.
        /// </summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>
        /// How long the server keeps listening while <c>/readyz</c> answers 503. Part of <see cref="Timeout"/>. Default: not at all.
        /// </summary>
        public TimeSpan Delay { get; set; }
    }

    /// <summary>Limits of sizes, connections and requests.</summary>
    public sealed class LimitSettings
    {
        /// <summary>The longest safetensors header. Default: 100 MB.</summary>
        public int MaxHeaderBytes { get; set; } = SafetensorsHeader.MaxLength;

        /// <summary>The longest body of a base or checkpoint. Default: 1 TiB.</summary>
        public long MaxUploadBytes { get; set; } = 1L << 40;

        /// <summary>The longest trainer state. Default: 64 GiB.</summary>
        public long MaxStateBytes { get; set; } = 1L << 36;

        /// <summary>The longest JSON body. Default: 1 MiB.</summary>
        public long MaxJsonBytes { get; set; } = 1 << 20;

        /// <summary>The largest number of deltas between a checkpoint and its base. Default: 128.</summary>
        public int MaxChainDepth { get; set; } = 128;

        /// <summary>
        /// The largest number of open connections. A further one replaces an idle one, or is closed. Lowered at the start if this process
        /// may not open twice as many files. At least 1. Default: 1,000.
        /// </summary>
        public int MaxConnections { get; set; } = 1000;

        /// <summary>
        /// The largest number of connections from one address that have sent no request. Beyond it the oldest are closed. Default: 64.
        /// </summary>
        public int MaxSilentConnections { get; set; } = 64;

        /// <summary>How long a connection may take to send its first request before it is closed. Default: 10 seconds.</summary>
        public TimeSpan SilentFor { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>The largest number of concurrent requests. Further ones get 429. At least 1. Default: 256.</summary>
        public int MaxConcurrentRequests { get; set; } = 256;

        /// <summary>The largest number of concurrent uploads. Further ones get 429. At least 1. Default: 64.</summary>
        public int MaxConcurrentUploads { get; set; } = 64;

        /// <summary>The slowest rate of a body or an answer, in bytes per second; 0: no limit. Default: 240.</summary>
        public double MinBytesPerSecond { get; set; } = 240;

        /// <summary>How long a body or an answer may be slower than that. Default: 5 seconds.</summary>
        public TimeSpan SlowFor { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The largest total size of the temporary files of all uploads. Default: 1 TiB.</summary>
        public long MaxTemporaryBytes { get; set; } = 1L << 40;

        /// <summary>
        /// The space that uploads leave free on the disk of the data folder, as the database's log may need it. If less is free, the oldest
        /// deleted checkpoints are removed before their grace period ends. Default: 256 MiB.
        /// </summary>
        public long MinFreeBytes { get; set; } = 256L << 20;
    }
}

/// <summary>When a request needs a key.</summary>
public enum KeysRequired
{
    /// <summary>Once a key was created, and for all requests from other machines.</summary>
    Auto = 0,
    /// <summary>Always.</summary>
    Always = 1,
}
