using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.SparsePatch;

/// <summary>What the metadata of a file of the format say; all of it is text.</summary>
/// <param name="Version">The version.</param>
/// <param name="Previous">The version that it is laid on, where it is said.</param>
/// <param name="Encoding">How positions are told, in the later form.</param>
/// <param name="Changed">How many elements change, where it is said.</param>
/// <param name="Params">The tensors that change, where it is said.</param>
/// <param name="Checksum">SHA-256 over all tensors afterwards, where it is said.</param>
internal sealed record StepPatchHeader(
    long? Version, long? Previous, string? Encoding, long? Changed, IReadOnlyList<string>? Params, string? Checksum)
{
    public const string Format = "sparse_weight_patch";
    public const string Raw = "raw";
    public const string GapDelta = "gap_delta";

    /// <summary>Reads the header of a delta.</summary>
    /// <exception cref="FishException">It lies, is of another format, or of another version than its name says.</exception>
    public static StepPatchHeader Read(string path, long step, int maxHeaderLength)
    {
        var key = Path.GetFileName(path);
        using var file = SafetensorsFile.Open(path, maxHeaderLength);

        // The first uploads do not say it; their folder and the names of their tensors do.
        if (file.Header.Metadata.GetValueOrDefault("format") is { } format && format != Format)
        {
            throw JsonFile.Fail(key, $"The metadata say that the format is '{format}', not '{Format}'.");
        }

        var header = Of(file.Header.Metadata, key);
        CheckVersion(header, step, key);
        return header;
    }

    /// <summary>Checks that an anchor is of the version that its name says.</summary>
    public static void CheckAnchor(FoundVersion anchor, int maxHeaderLength)
    {
        using var file = SafetensorsFile.Open(anchor.Path, maxHeaderLength);
        CheckVersion(Of(file.Header.Metadata, anchor.Key), anchor.Number!.Value, anchor.Key);
    }

    public static StepPatchHeader Of(IReadOnlyDictionary<string, string> metadata, string key)
    {
        long? Number(string name) => metadata.TryGetValue(name, out var text)
            ? long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number : throw JsonFile.Fail(key, $"'{name}' is no number.")
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
            throw JsonFile.Fail(key, $"The metadata say that this is the version {version}.");
        }
    }

    private static string[] ReadList(string text, string key)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(text) is { } list && !list.Contains(null)
                ? list : throw JsonFile.Fail(key, "'changed_params' is no list of names.");
        }
        catch (JsonException error)
        {
            throw new FishException(
                ErrorCode.VersionInvalid, key, "'changed_params' is no list of names.", "Write the version again.", error);
        }
    }
}
