using System.Text.Json;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;

namespace FishCheckpoint.Interchange.Formats.Manifest;

/// <summary>A tensor of a manifest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">Its PyTorch dtype, such as <c>bfloat16</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="CompressedBytes">The length of its frame.</param>
/// <param name="File">The frame's file.</param>
/// <param name="Key">The frame's name in the file.</param>
/// <param name="Checksum">The checksum of its new bytes.</param>
internal sealed record ManifestTensor(
    string Name, string Dtype, long[] Shape, long Bytes, long CompressedBytes, string File, string Key, ExpectedChecksum Checksum);

/// <summary>The content of <c>manifest.json</c>.</summary>
/// <param name="Version">The version.</param>
/// <param name="Base">Its parent version.</param>
/// <param name="Tensors">The changed tensors.</param>
/// <param name="Files">The files of their frames.</param>
internal sealed record ManifestDocument(long Version, long Base, IReadOnlyList<ManifestTensor> Tensors, IReadOnlyList<string> Files)
{
    public const string FileName = "manifest.json";

    public static (long Version, long Base) ReadVersions(string folder, string key, int maxLength)
    {
        var json = JsonFile.Read(Path.Combine(folder, FileName), key, maxLength);
        return (json.Number("version", key), json.Number("base_version", key));
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="Errors.FishException">It cannot be read, has an invalid file name, or lists a tensor twice.</exception>
    public static ManifestDocument Read(string folder, string key, int maxLength)
    {
        var json = JsonFile.Read(Path.Combine(folder, FileName), key, maxLength);
        ManifestTensor[] tensors = [.. json.Items("tensors", key).Select(item => ReadTensor(item, key))];
        if (tensors.GroupBy(tensor => tensor.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw JsonFile.Fail($"{key}: {twice.Key}", "The manifest lists the tensor twice.");
        }

        string[] files = [.. json.Texts("payload_files", key).Select(file => VersionName.CheckFile(file, key))];
        return new ManifestDocument(json.Number("version", key), json.Number("base_version", key), tensors, files);
    }

    /// <summary>Writes the manifest.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        version = Version,
        base_version = Base,
        tensors = Tensors.Select(tensor => new
        {
            name = tensor.Name, dtype = tensor.Dtype, shape = tensor.Shape, uncompressed_num_bytes = tensor.Bytes,
            compressed_num_bytes = tensor.CompressedBytes,
            payload_file = tensor.File, payload_key = tensor.Key, checksum = tensor.Checksum.Hex,
            checksum_algorithm = tensor.Checksum.Algorithm,
        }),
        total_uncompressed_num_bytes = Tensors.Sum(tensor => tensor.Bytes),
        total_compressed_num_bytes = Tensors.Sum(tensor => tensor.CompressedBytes),
        payload_files = Files,
    });

    private static ManifestTensor ReadTensor(JsonElement json, string key)
    {
        var name = json.Text("name", key);
        var at = $"{key}: {name}";

        // Earlier manifests had only one checksum, under its own name.
        var checksum = json.OptionalText("checksum", at) is { } hex
            ? new ExpectedChecksum(json.OptionalText("checksum_algorithm", at) ?? Checksums.Xxh3, hex)
            : new ExpectedChecksum(Checksums.Sha256, json.Text("sha256", at));
        _ = Checksums.Create(checksum.Algorithm, at);
        return new ManifestTensor(
            name, json.Text("dtype", at), json.Shape("shape", at), json.Number("uncompressed_num_bytes", at),
            json.Number("compressed_num_bytes", at),
            VersionName.CheckFile(json.Text("payload_file", at), at), json.Text("payload_key", at), checksum);
    }
}
