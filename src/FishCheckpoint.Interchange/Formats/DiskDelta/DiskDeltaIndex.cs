using System.Text.Json;
using FishCheckpoint.Interchange.Files;

namespace FishCheckpoint.Interchange.Formats.DiskDelta;

/// <summary>The metadata of a version in <c>model.safetensors.index.json</c>.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Base">Its parent version.</param>
/// <param name="Encoding"><c>xor</c> or <c>overwrite</c>; <see langword="null"/> for a full version.</param>
/// <param name="Compression"><c>zstd</c>.</param>
/// <param name="Checksum">The name of the checksum.</param>
internal sealed record DiskDeltaIndex(string? Version, string? Base, string? Encoding, string? Compression, string? Checksum)
{
    public const string Xor = "xor";
    public const string Overwrite = "overwrite";
    public const string Zstd = "zstd";

    /// <summary>Reads the metadata beside the map.</summary>
    /// <exception cref="Errors.FishException">It cannot be read, or a delta has no parent.</exception>
    public static DiskDeltaIndex ReadMetadata(string folder, string key, int maxLength) =>
        Of(JsonFile.Read(VersionFolders.IndexOf(folder), key, maxLength), key);

    /// <summary>Reads the index of a delta.</summary>
    /// <returns>Its metadata, and the file of each tensor.</returns>
    /// <exception cref="Errors.FishException">It cannot be read, or has an invalid file name.</exception>
    public static (DiskDeltaIndex Index, Dictionary<string, string> Files) Read(string folder, string key, int maxLength)
    {
        var json = JsonFile.Read(VersionFolders.IndexOf(folder), key, maxLength);
        var files = json.Map("weight_map", key);
        foreach (var (tensor, file) in files)
        {
            VersionName.CheckFile(file, $"{key}: {tensor}");
        }

        return (Of(json, key), files);
    }

    /// <summary>Writes the index of a delta.</summary>
    public byte[] Write(IEnumerable<KeyValuePair<string, string>> files) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        metadata = new
        {
            version = Version, base_version = Base, delta_encoding = Encoding, compression_format = Compression, checksum_format = Checksum,
        },
        weight_map = files.ToDictionary(StringComparer.Ordinal),
    });

    private static DiskDeltaIndex Of(JsonElement json, string key)
    {
        var metadata = json.Find("metadata") ?? default;
        var encoding = metadata.OptionalText("delta_encoding", key);
        var index = new DiskDeltaIndex(
            Name(metadata, "version", key), Name(metadata, "base_version", key), encoding, metadata.OptionalText("compression_format", key),
            metadata.OptionalText("checksum_format", key));
        if (encoding is null)
        {
            return index is { Base: null, Compression: null } ? index
                : throw JsonFile.Fail(key, "The index has a parent or a compression, but no encoding.");
        }

        return index is { Version: not null, Base: not null }
            ? index : throw JsonFile.Fail(key, "The delta has no version or no parent.");
    }

    // Some writers use JSON numbers.
    private static string? Name(JsonElement metadata, string name, string key) => metadata.Find(name) is { ValueKind: JsonValueKind.Number }
        ? metadata.Number(name, key).ToString(System.Globalization.CultureInfo.InvariantCulture)
        : metadata.OptionalText(name, key) is { } text ? VersionName.Check(text, key) : null;
}
