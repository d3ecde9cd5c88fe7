using System.Text.Json;
using FishCheckpoint.Interchange.Files;

namespace FishCheckpoint.Interchange.Formats.DiskDelta;

/// <summary>What <c>model.safetensors.index.json</c> says of a version.</summary>
/// <param name="Version">Its name.</param>
/// <param name="Base">The version that it is laid on.</param>
/// <param name="Encoding"><c>xor</c> or <c>overwrite</c>; <see langword="null"/> for a full version.</param>
/// <param name="Compression"><c>zstd</c>.</param>
/// <param name="Checksum">The name of the checksum.</param>
internal sealed record DiskDeltaIndex(string? Version, string? Base, string? Encoding, string? Compression, string? Checksum)
{
    public const string Xor = "xor";
    public const string Overwrite = "overwrite";
    public const string Zstd = "zstd";

    /// <summary>Reads what stands beside the map.</summary>
    /// <exception cref="Errors.FishException">It cannot be read, or a delta does not say what it is laid on.</exception>
    public static DiskDeltaIndex ReadMetadata(string folder, string key, int maxLength) =>
        Of(JsonFile.Read(VersionFolders.IndexOf(folder), key, maxLength), key);

    /// <summary>Reads all of a delta's index.</summary>
    /// <returns>What it says, and which file each tensor is in.</returns>
    /// <exception cref="Errors.FishException">It cannot be read, or names what is no file.</exception>
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
                : throw JsonFile.Fail(key, "The index says what the delta is laid on, or how it is compressed, but not its encoding.");
        }

        return index is { Version: not null, Base: not null }
            ? index : throw JsonFile.Fail(key, "The delta says not which version it is, or what it is laid on.");
    }

    // Some write numbers as numbers.
    private static string? Name(JsonElement metadata, string name, string key) => metadata.Find(name) is { ValueKind: JsonValueKind.Number }
        ? metadata.Number(name, key).ToString(System.Globalization.CultureInfo.InvariantCulture)
        : metadata.OptionalText(name, key) is { } text ? VersionName.Check(text, key) : null;
}
