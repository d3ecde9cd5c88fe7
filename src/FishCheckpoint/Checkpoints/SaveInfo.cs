using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The metrics and metadata of a checkpoint, and their JSON document: <c>{"metrics":{NAME:NUMBER},"metadata":{KEY:TEXT}}</c>. For a save,
/// it also lists side files that the store already has: <c>"sideFiles":{NAME:SHA-256}</c>.
/// </summary>
/// <param name="Metrics">Numbers; <c>NaN</c> and the infinities are encoded as strings. <see langword="null"/> for none.</param>
/// <param name="Metadata">Any keys and texts. <see langword="null"/> for none.</param>
/// <param name="SideFiles">Digests of side files by name, as in <see cref="SaveOptions.KnownSideFiles"/>. <see langword="null"/> for
/// none.</param>
public sealed record SaveInfo(
    IReadOnlyDictionary<string, double>? Metrics = null, IReadOnlyDictionary<string, string>? Metadata = null,
    IReadOnlyDictionary<string, Digest>? SideFiles = null)
{
    /// <summary>The longest document, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The longest name of a metric or key of the metadata, in UTF-16 characters.</summary>
    public const int MaxNameLength = 512;

    private const string Hint =
        """Send {"metrics":{"loss":0.12},"metadata":{"run":"a1"}}; write other numbers as "NaN", "Infinity" or "-Infinity".""";

    // Unlike the Web defaults: only numbers and the three strings that JSON uses for non-finite ones. Names stay unescaped for the
    // database.
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

    /// <summary>
    /// Whether a metric or metadata key may have this name: 1 to <see cref="MaxNameLength"/> characters of Unicode text without control
    /// characters.
    /// </summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl) && IsText(name);

    /// <summary>Parses the document.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the document is invalid.</exception>
    public static SaveInfo Parse(ReadOnlySpan<byte> json) => Read<SaveInfo>(json, "info");

    /// <summary>Parses metrics alone: a JSON object of numbers.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="key">The object that the error concerns.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the object is invalid.</exception>
    public static IReadOnlyDictionary<string, double> ParseMetrics(ReadOnlySpan<byte> json, string key) => Read<Dictionary<string,
    double>>(json, key);

    /// <summary>Checks names, texts and size.</summary>
    /// <param name="key">The object that the error concerns, such as <c>task/120</c>.</param>
    /// <returns>This.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: a name or text is invalid;
    /// <see cref="ErrorCode.TooLarge"/>.</exception>
    public SaveInfo Validate(string key)
    {
        foreach (var name in (Metrics?.Keys ?? []).Concat(Metadata?.Keys ?? []))
        {
            if (!IsName(name))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, key, $"The name '{Shown(name)}' is invalid for metrics and metadata.",
                    $"Names have 1 to {MaxNameLength} characters without control characters.");
            }
        }

        if (Metadata?.FirstOrDefault(pair => pair.Value is null || !IsText(pair.Value)) is { Key: { } bad })
        {
            throw new FishException(ErrorCode.RequestInvalid, key, $"The metadata '{Shown(bad)}' is not Unicode text.",
                "Send Unicode text.");
        }

        return ToJson().Length is var bytes && bytes <= MaxBytes ? this : throw TooLarge(key, $"{bytes} bytes");
    }

    /// <summary>The document as UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Strict);

    /// <summary>A part of the document as JSON: the metrics, or the metadata.</summary>
    public static string ToJson<T>(IReadOnlyDictionary<string, T> part) => JsonSerializer.Serialize(part, Strict);

    /// <summary>The error for metrics and metadata that exceed <see cref="MaxBytes"/>.</summary>
    /// <param name="key">The object that they belong to.</param>
    /// <param name="bytes">Their size.</param>
    public static FishException TooLarge(string key, string bytes) => new(
        ErrorCode.TooLarge, key, $"The metrics and metadata take {bytes} of JSON; the limit is {MaxBytes}.",
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
                $"The body is not valid JSON of metrics{(typeof(T) == typeof(SaveInfo) ? " and metadata" : "")}: {error.Message}", Hint,
                error);
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
