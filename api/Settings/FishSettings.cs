using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Settings;

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

    /// <summary>How long chains of deltas may become.</summary>
    public ChainSettings Chains { get; set; } = new();

    /// <summary>What the server does when there is time.</summary>
    public MaintenanceSettings Maintenance { get; set; } = new();

    /// <summary>What the server tells of itself.</summary>
    public TelemetrySettings Telemetry { get; set; } = new();

    /// <summary>How checkpoints are served as model repositories.</summary>
    public HubSettings Hub { get; set; } = new();

    /// <summary>How the server stops.</summary>
    public ShutdownSettings Shutdown { get; set; } = new();

    /// <summary>Reads the section.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a value cannot be read.</exception>
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
                "Mend the value in appsettings.json, in the environment or on the command line; the README has a table.", error);
        }
    }

    /// <summary>What is kept of tasks that have no rules of their own.</summary>
    public RetentionSettings Retention { get; set; } = new();

    /// <summary>How long what is deleted can be brought back; it takes its bytes until then. Zero: not at all. Default: 24 hours.</summary>
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Compression by kind of bytes.</summary>
    public sealed class CompressionSettings
    {
        /// <summary>
        /// How much is done to make deltas small: Auto, Fast, Small, or Runs, which is compression and nothing else. Default: Auto, which
        /// is Fast for the values of a fixed mask and Small for all else.
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

    /// <summary>Checkpoints as model repositories (docs/guides/hub.md).</summary>
    public sealed class HubSettings
    {
        /// <summary>
        /// The one owner that repositories may be asked for under, as in <c>fish/sst2</c>; the task's name alone is taken too. Default:
        /// fish.
        /// </summary>
        public string Owner { get; set; } = "fish";
    }

    /// <summary>The audit log.</summary>
    public sealed class AuditSettings
    {
        /// <summary>The most entries of what was done that are kept. Default: 200,000.</summary>
        public long KeepEntries { get; set; } = 200_000;

        /// <summary>The most entries of what was refused that are kept. Default: 20,000.</summary>
        public long KeepRefusals { get; set; } = 20_000;

        /// <summary>How long they are kept. Default: 365 days.</summary>
        public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(365);
    }

    /// <summary>Chains of deltas.</summary>
    public sealed class ChainSettings
    {
        /// <summary>
        /// The most that reading a checkpoint may cost, in bytes: so many times the base and one delta; at least 1. Default: 3.
        /// </summary>
        public double MaxReadCost { get; set; } = 3;
    }

    /// <summary>What is kept of tasks that have no rules of their own. Without any rule, everything is.</summary>
    public sealed class RetentionSettings
    {
        /// <summary>Keep the newest checkpoints, this many.</summary>
        public int? KeepLast { get; set; }

        /// <summary>Keep the checkpoints whose step is a multiple of this.</summary>
        public long? KeepEvery { get; set; }

        /// <summary>Keep what was saved in this time before now.</summary>
        public TimeSpan? KeepWithin { get; set; }

        /// <summary>The retention that these settings say; <see langword="null"/> where there is no rule.</summary>
        public Retention? ToRetention() =>
            new Retention(KeepLast, KeepEvery, KeepWithin: KeepWithin) is { HasRules: true } rules ? rules : null;
    }

    /// <summary>Work in the background.</summary>
    public sealed class MaintenanceSettings
    {
        /// <summary>How often what was saved fast is encoded again, to fewer bytes; zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan RecodeEvery { get; set; }

        /// <summary>The most stored bytes that a round takes; <see langword="null"/>: all. Default: all.</summary>
        public long? RecodeMaxBytes { get; set; }

        /// <summary>
        /// How long a round goes on; <see langword="null"/>: until everything is done. Default: until everything is done.
        /// </summary>
        public TimeSpan? RecodeMaxTime { get; set; }

        /// <summary>How often what was not verified for longest is verified; zero: never. At most 49 days. Default: never.</summary>
        public TimeSpan VerifyEvery { get; set; }

        /// <summary>The most stored bytes that a round of verification reads; <see langword="null"/>: all. Default: all.</summary>
        public long? VerifyMaxBytes { get; set; }

        /// <summary>
        /// How long a round of verification goes on; <see langword="null"/>: until everything is done. Default: until everything is done.
        /// </summary>
        public TimeSpan? VerifyMaxTime { get; set; }

        /// <summary>
        /// The folder in which backups that are asked for over HTTP are made; <see langword="null"/>: none are. Default: none.
        /// </summary>
        public string? BackupFolder { get; set; }

        /// <summary>
        /// How often checkpoints that cost too much to read are laid on earlier ones; zero: never. At most 49 days. Default: never.
        /// </summary>
        public TimeSpan FoldEvery { get; set; }

        /// <summary>The most bytes of frames that such a round reads; <see langword="null"/>: all. Default: all.</summary>
        public long? FoldMaxBytes { get; set; }

        /// <summary>
        /// How long such a round goes on; <see langword="null"/>: until everything is done. Default: until everything is done.
        /// </summary>
        public TimeSpan? FoldMaxTime { get; set; }

        /// <summary>
        /// How often what no retention keeps is deleted, and unused bytes are given back; zero: never. At most 49 days. Default: every ten
        /// minutes.
        /// </summary>
        public TimeSpan CollectEvery { get; set; } = TimeSpan.FromMinutes(10);

        /// <summary>
        /// How long such a round goes on; <see langword="null"/>: until everything is done. Default: until everything is done.
        /// </summary>
        public TimeSpan? CollectMaxTime { get; set; }
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
        /// <summary>
        /// How long requests that are under way may go on; then they are broken off, and a save leaves nothing. Default: a minute.
        /// </summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>
        /// How long the server still listens, while <c>/readyz</c> says 503 already; part of <see cref="Timeout"/>. Default: not at all.
        /// </summary>
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

        /// <summary>The most deltas between a checkpoint and its base, whatever they cost to read. Default: 128.</summary>
        public int MaxChainDepth { get; set; } = 128;

        /// <summary>
        /// The most connections at once; further ones take the place of one that is idle, or are closed. Lowered at the start where this
        /// process may not open twice as many files. At least 1. Default: 1,000.
        /// </summary>
        public int MaxConnections { get; set; } = 1000;

        /// <summary>
        /// The most connections from one address that have sent no request yet; of further ones the oldest are closed. Default: 64.
        /// </summary>
        public int MaxSilentConnections { get; set; } = 64;

        /// <summary>How long a connection may take to send its first request; then it is closed. Default: 10 seconds.</summary>
        public TimeSpan SilentFor { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>The most requests that are answered at once; further ones get 429. At least 1. Default: 256.</summary>
        public int MaxConcurrentRequests { get; set; } = 256;

        /// <summary>The most uploads that are taken at once; further ones get 429. At least 1. Default: 64.</summary>
        public int MaxConcurrentUploads { get; set; } = 64;

        /// <summary>Bytes a second below which a body, or the reading of an answer, is broken off; 0: never. Default: 240.</summary>
        public double MinBytesPerSecond { get; set; } = 240;

        /// <summary>How long it may be slower than that. Default: 5 seconds.</summary>
        public TimeSpan SlowFor { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The most that the temporary files of all uploads take together. Default: 1 TiB.</summary>
        public long MaxTemporaryBytes { get; set; } = 1L << 40;

        /// <summary>
        /// What uploads leave free of the data folder's disk: the database's log may need as much. Where it is not free, the grace of what
        /// was deleted first ends early. Default: 256 MiB.
        /// </summary>
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
