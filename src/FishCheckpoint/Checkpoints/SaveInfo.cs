using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The numbers and texts that are kept with a checkpoint, and their one JSON document:
/// <c>{"metrics":{NAME:NUMBER},"metadata":{KEY:TEXT}}</c>. In a save it also names the side files that the store has:
/// <c>"sideFiles":{NAME:SHA-256}</c>.
/// </summary>
/// <param name="Metrics">Numbers; <c>NaN</c> and the infinities are written as texts. <see langword="null"/>: none.</param>
/// <param name="Metadata">Free keys and texts. <see langword="null"/>: none.</param>
/// <param name="SideFiles">Digests of side files by name, as <see cref="SaveOptions.KnownSideFiles"/> has them. <see langword="null"/>:
/// none.</param>
public sealed record SaveInfo(
    IReadOnlyDictionary<string, double>? Metrics = null, IReadOnlyDictionary<string, string>? Metadata = null,
    IReadOnlyDictionary<string, Digest>? SideFiles = null)
{
    /// <summary>The most bytes that the document may have.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The most characters (UTF-16) that the name of a metric or a key of the metadata may have.</summary>
    public const int MaxNameLength = 512;

    private const string Hint =
        """Send {"metrics":{"loss":0.12},"metadata":{"run":"a1"}}; write other numbers as "NaN", "Infinity" or "-Infinity".""";

    // A number is a number here, or one of the three that JSON spells as text: none of the Web defaults' leniency. Names stay readable to
    // the database.
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new FishJson.DigestConverter() },
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a metric or a key of the metadata may have this name: 1 to <see cref="MaxNameLength"/> characters of Unicode text
    /// without controls.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl) && IsText(name);

    /// <summary>Reads the document.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is not such a document.</exception>
    public static SaveInfo Parse(ReadOnlySpan<byte> json) => Read<SaveInfo>(json, "info");

    /// <summary>Reads metrics alone: a JSON object of numbers.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="key">What the error names.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is not such an object.</exception>
    public static IReadOnlyDictionary<string, double> ParseMetrics(ReadOnlySpan<byte> json, string key) => Read<Dictionary<string,
    double>>(json, key);

    /// <summary>Checks names, texts and size.</summary>
    /// <param name="key">What the error names, such as <c>task/120</c>.</param>
    /// <returns>This.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a name or text that cannot be kept;
    /// <see cref="ErrorCode.TooLarge"/>.</exception>
    public SaveInfo Validate(string key)
    {
        foreach (var name in (Metrics?.Keys ?? []).Concat(Metadata?.Keys ?? []))
        {
            if (!IsName(name))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, key, $"No metric or metadata can have the name '{Shown(name)}'.",
                    $"Names have 1 to {MaxNameLength} characters and no controls.");
            }
        }

        if (Metadata?.FirstOrDefault(pair => pair.Value is null || !IsText(pair.Value)) is { Key: { } bad })
        {
            throw new FishException(ErrorCode.RequestInvalid, key, $"The metadata '{Shown(bad)}' is no Unicode text.", "Send a text.");
        }

        return ToJson().Length is var bytes && bytes <= MaxBytes ? this : throw TooLarge(key, $"{bytes} bytes");
    }

    /// <summary>The document as UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Strict);

    /// <summary>A part of the document as text: the metrics, or the metadata.</summary>
    public static string ToJson<T>(IReadOnlyDictionary<string, T> part) => JsonSerializer.Serialize(part, Strict);

    /// <summary>The refusal of metrics and metadata that are more than <see cref="MaxBytes"/>.</summary>
    /// <param name="key">What they belong to.</param>
    /// <param name="bytes">How much they are.</param>
    public static FishException TooLarge(string key, string bytes) => new(
        ErrorCode.TooLarge, key, $"The metrics and metadata are {bytes} of JSON; a checkpoint keeps at most {MaxBytes}.",
        "Send fewer or shorter ones; keep long texts and tables in the trainer state.");

    private static T Read<T>(ReadOnlySpan<byte> json, string key)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, key,
                $"This is no JSON of metrics{(typeof(T) == typeof(SaveInfo) ? " and metadata" : "")}: {error.Message}", Hint, error);
        }
    }

    private static bool IsText(string text)
    {
        try
        {
            return Utf8.GetByteCount(text) >= text.Length;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static string Shown(string name) =>
        string.Concat(name.Take(40).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter))
        + (name.Length > 40 ? "..." : "");
}
