using System.Text.Json;
using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// The JSON conventions of all responses and reports: camelCase names, digests in hexadecimal, and non-finite numbers as <c>"NaN"</c>,
/// <c>"Infinity"</c> and <c>"-Infinity"</c>.
/// </summary>
public static class FishJson
{
    /// <summary>Shared options; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Configures options for these conventions.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.NumberHandling |= JsonNumberHandling.AllowNamedFloatingPointLiterals;
        options.Converters.Add(new DigestConverter());
        options.Converters.Add(new JsonStringEnumConverter<BackupVerification>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Converters.Add(new JsonStringEnumConverter<TaskEventKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    /// <summary>The JSON name of a kind of event.</summary>
    public static string NameOf(TaskEventKind kind) => JsonNamingPolicy.CamelCase.ConvertName($"{kind}");

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    internal sealed class DigestConverter : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Digest.TryParse(reader.GetString(), out var digest) ? digest
                : throw new JsonException("A SHA-256 digest has 64 hexadecimal digits.");

        // Hexadecimal digits need no escaping and no intermediate string: one page of a list has thousands of digests.
        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options)
        {
            Span<byte> quoted = stackalloc byte[(Digest.Size * 2) + 2];
            (quoted[0], quoted[^1]) = ((byte)'"', (byte)'"');
            Convert.TryToHexStringLower(value, quoted[1..^1], out _);
            writer.WriteRawValue(quoted, skipInputValidation: true);
        }
    }
}
