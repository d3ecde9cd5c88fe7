using System.Text.Json;
using System.Text.Unicode;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>Reads the JSON of a version with a size limit.</summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Reads a file with an object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">Its version, for errors.</param>
    /// <param name="maxLength">The largest size accepted, in bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.TooLarge"/>,
    /// <see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static JsonElement Read(string path, string key, int maxLength)
    {
        if (!File.Exists(path))
        {
            throw new FishException(
                ErrorCode.FileNotFound, key, $"The file '{Path.GetFileName(path)}' does not exist.", "Copy or write the version again.");
        }

        using var handle = PositionalFile.Open(path);
        var length = RandomAccess.GetLength(handle);
        if (length > maxLength)
        {
            throw new FishException(ErrorCode.TooLarge, key,
                $"'{Path.GetFileName(path)}' has {length} bytes; the limit is {maxLength}.", "Write the version again.");
        }

        var json = new byte[length];
        PositionalFile.ReadExactly(handle, 0, json, key);
        return Parse(json, key, Path.GetFileName(path));
    }

    /// <summary>Reads an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json, string key, string what)
    {
        if (!Utf8.IsValid(json.Span))
        {
            throw Fail(key, $"'{what}' is not UTF-8 text.");
        }

        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone() : throw Fail(key, $"'{what}' is not an object.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter: a name with an unpaired surrogate.
            throw new FishException(
                ErrorCode.VersionInvalid, key, $"'{what}' cannot be read: {error.Message}", "Copy or write the version again.", error);
        }
    }

    /// <summary>A text of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is missing or not a text.</exception>
    public static string Text(this JsonElement json, string name, string key) =>
        json.OptionalText(name, key) ?? throw Fail(key, $"'{name}' is missing.");

    /// <summary>An optional text of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is not a text.</exception>
    public static string? OptionalText(this JsonElement json, string name, string key) => json.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => TextOf(value, name, key),
        _ => throw Fail(key, $"'{name}' is not a text."),
    };

    /// <summary>A non-negative integer of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is missing or invalid.</exception>
    public static long Number(this JsonElement json, string name, string key) =>
        json.OptionalNumber(name, key) ?? throw Fail(key, $"'{name}' is missing.");

    /// <summary>An optional non-negative integer of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is invalid.</exception>
    public static long? OptionalNumber(this JsonElement json, string name, string key) => json.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && number >= 0 => number,
        _ => throw Fail(key, $"'{name}' is not a non-negative integer."),
    };

    /// <summary>The shape in an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static long[] Shape(this JsonElement json, string name, string key)
    {
        var items = json.Items(name, key);
        return [.. items.Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var size) && size >= 0
            ? size : throw Fail(key, $"'{name}' is not a shape."))];
    }

    /// <summary>A list of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name, string key) =>
        json.Find(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw Fail(key, $"'{name}' is not a list.");

    /// <summary>A list of texts of an object; empty if it is missing.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static string[] Texts(this JsonElement json, string name, string key) => json.Find(name) is null ? [] :
        [.. json.Items(name, key).Select(
            item => item.ValueKind == JsonValueKind.String ? TextOf(item, name, key)
                : throw Fail(key, $"'{name}' is not a list of texts."))];

    /// <summary>A map of texts of an object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public static Dictionary<string, string> Map(this JsonElement json, string name, string key)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = json.Find(name) is { ValueKind: JsonValueKind.Object } found
            ? found.EnumerateObject() : throw Fail(key, $"'{name}' is not a map.");
        foreach (var entry in entries)
        {
            map.Add(
                entry.Name,
                entry.Value.ValueKind == JsonValueKind.String
                    ? TextOf(entry.Value, entry.Name, key) : throw Fail(key, $"'{name}' is not a map of texts."));
        }

        return map;
    }

    /// <summary>A member of an object; <see langword="null"/> if it is missing or null.</summary>
    public static JsonElement? Find(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value : null;

    public static FishException Fail(string key, string cause) =>
        new(ErrorCode.VersionInvalid, key, cause, "Copy or write the version again.");

    // JSON can contain an unpaired surrogate, which is not a text.
    private static string TextOf(JsonElement value, string name, string key)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fail(key, $"'{name}' is not a text.");
        }
    }
}
