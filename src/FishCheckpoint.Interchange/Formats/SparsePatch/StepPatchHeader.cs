using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>The metadata of a file of the format; all values are text.</summary>
/// <param name="Version">The version.</param>
/// <param name="Previous">Its parent version, if recorded.</param>
/// <param name="Encoding">The encoding of positions, in the later form.</param>
/// <param name="Changed">Number of changed elements, if recorded.</param>
/// <param name="Params">The changed tensors, if recorded.</param>
/// <param name="Checksum">SHA-256 over all tensors afterwards, if recorded.</param>
internal sealed record StepPatchHeader(
    long? Version, long? Previous, string? Encoding, long? Changed, IReadOnlyList<string>? Params, string? Checksum)
{
    public const string Format = "sparse_weight_patch";
    public const string Raw = "raw";
    public const string GapDelta = "gap_delta";

    /// <summary>Reads the header of a delta.</summary>
    /// <exception cref="FishException">It is invalid, or has another format or version than its name.</exception>
    public static StepPatchHeader Read(string path, long step, int maxHeaderLength)
    {
        var key = Path.GetFileName(path);
        using var file = SafetensorsFile.Open(path, maxHeaderLength);

        // The first uploads have no format; their folder and tensor names imply it.
        if (file.Header.Metadata.GetValueOrDefault("format") is { } format && format != Format)
        {
            throw JsonFile.Fail(key, $"The metadata has the format '{format}', not '{Format}'.");
        }

        var header = Of(file.Header.Metadata, key);
        CheckVersion(header, step, key);
        return header;
    }

    /// <summary>Checks that an anchor has the version in its name.</summary>
    public static void CheckAnchor(FoundVersion anchor, int maxHeaderLength)
    {
        using var file = SafetensorsFile.Open(anchor.Path, maxHeaderLength);
        CheckVersion(Of(file.Header.Metadata, anchor.Key), anchor.Number!.Value, anchor.Key);
    }

    public static StepPatchHeader Of(IReadOnlyDictionary<string, string> metadata, string key)
    {
        long? Number(string name) => metadata.TryGetValue(name, out var text)
            ? long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number : throw JsonFile.Fail(key, $"'{name}' is not a number.")
            : null;
        var previous = Number("prev_model_version");
        return new StepPatchHeader(
            Number("model_version"), previous is >= 0 ? previous : null, metadata.GetValueOrDefault("encoding"),
            Number("total_changed_elements"),
            metadata.TryGetValue("changed_params", out var list) ? ReadList(list, key) : null,
            metadata.GetValueOrDefault("checksum_sha256") is { Length: > 0 } checksum ? checksum : null);
    }

    private static void CheckVersion(StepPatchHeader header, long step, string key)
    {
        if (header.Version is { } version && version != step)
        {
            throw JsonFile.Fail(key, $"The metadata has the version {version}.");
        }
    }

    private static string[] ReadList(string text, string key)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(text) is { } list && !list.Contains(null)
                ? list : throw JsonFile.Fail(key, "'changed_params' is not a list of names.");
        }
        catch (JsonException error)
        {
            throw new FishException(
                ErrorCode.VersionInvalid, key, "'changed_params' is not a list of names.", "Write the version again.", error);
        }
    }
}
