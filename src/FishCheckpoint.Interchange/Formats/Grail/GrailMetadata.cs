using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>
/// The content of <c>metadata.json</c> for a version. Fields about rollouts and training pass through an import and an export unchanged.
/// </summary>
/// <param name="Window">The version.</param>
/// <param name="Previous">A delta's parent version.</param>
/// <param name="Anchor">The full version at the start of its chain.</param>
/// <param name="WeightsHash">XXH3-128 over all tensors' bytes, by name.</param>
/// <param name="Files">SHA-256 of each file.</param>
internal sealed record GrailMetadata(
    long Window, long? Previous, long? Anchor, string? WeightsHash, IReadOnlyDictionary<string, string> Files)
{
    public const string FileName = "metadata.json";

    /// <summary>The metadata key of a checkpoint for an imported version's own fields.</summary>
    public const string Key = "grail";

    private static readonly string[] OfWeights =
        ["window", "file_manifest", "parent_window", "checkpoint_type", "prev_window", "anchor_window", "weights_hash"];

    /// <summary>Reads the file.</summary>
    /// <exception cref="FishException">It is missing, unreadable, or of another version.</exception>
    public static GrailMetadata Read(string folder, string key, long window, int maxLength)
    {
        var json = JsonFile.Read(Path.Combine(folder, FileName), key, maxLength);
        var found = new GrailMetadata(
            json.Number("window", key), json.OptionalNumber("prev_window", key), json.OptionalNumber("anchor_window", key),
            json.OptionalText("weights_hash", key),
            json.Find("file_manifest") is null ? new Dictionary<string, string>(StringComparer.Ordinal) : json.Map("file_manifest", key));
        return found.Window == window ? found : throw JsonFile.Fail(key, $"The metadata has the version {found.Window}.");
    }

    /// <summary>Compares the files with their digests.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>, <see cref="ErrorCode.FileNotFound"/>,
    /// <see cref="ErrorCode.VersionInvalid"/>.</exception>
    public void CheckFiles(string folder, string key)
    {
        foreach (var (file, expected) in Files.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, VersionName.CheckFile(file, key));
            if (!File.Exists(path))
            {
                throw new FishException(ErrorCode.FileNotFound, $"{key}: {file}", "The file does not exist.", "Copy the version again.");
            }

            using var stream = new BufferedStream(PositionalFile.OpenStream(path), 1 << 16);
            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            new ExpectedChecksum(Checksums.Sha256, expected).Require(found, $"{key}: {file}");
        }
    }

    /// <summary>The fields that do not concern weights, as a JSON object; <see langword="null"/>: there are none.</summary>
    /// <exception cref="FishException">They cannot be read.</exception>
    public static string? FindOwn(string folder, string key, int maxLength)
    {
        if (!File.Exists(Path.Combine(folder, FileName)))
        {
            return null;
        }

        var own = JsonObject.Create(JsonFile.Read(Path.Combine(folder, FileName), key, maxLength))!;
        foreach (var name in OfWeights)
        {
            own.Remove(name);
        }

        return own.Count == 0 ? null : own.ToJsonString();
    }

    /// <summary>Writes the file.</summary>
    /// <param name="checkpoint">The checkpoint, with its save time and the fields from its import.</param>
    public byte[] Write(CheckpointInfo checkpoint)
    {
        var document = new JsonObject
        {
            ["window"] = Window, ["file_manifest"] = JsonSerializer.SerializeToNode(Files), ["training_config"] = new JsonObject(),
                ["git_commit"] = "unknown",
            ["created_at"] = checkpoint.Created.ToUnixTimeMilliseconds() / 1000.0, ["model_name"] = "fishcheckpoint",
                ["parent_window"] = Previous,
            ["checkpoint_type"] = Previous is null ? GrailFormat.Full : GrailFormat.Delta, ["prev_window"] = Previous,
                ["anchor_window"] = Anchor,
            ["weights_hash"] = WeightsHash, ["env_id"] = null, ["env_params"] = new JsonObject(), ["generation_params"] = new JsonObject(),
                ["thinking_mode"] = null,
        };
        foreach (var (name, value) in OwnOf(checkpoint).Where(field => !OfWeights.Contains(field.Key, StringComparer.Ordinal)))
        {
            document[name] = value?.DeepClone();
        }

        return JsonSerializer.SerializeToUtf8Bytes(document);
    }

    // Other programs may have written the checkpoint's metadata: anything but an object is ignored.
    private static JsonObject OwnOf(CheckpointInfo checkpoint)
    {
        try
        {
            return checkpoint.Metadata?.GetValueOrDefault(Key) is { } text && JsonNode.Parse(text) is JsonObject own ? own : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
