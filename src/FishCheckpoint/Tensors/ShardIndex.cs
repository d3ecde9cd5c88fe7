using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>The index of a sharded model, which maps each tensor to its file (Hugging Face, <c>model.safetensors.index.json</c>).</summary>
internal static class ShardIndex
{
    /// <summary>The index's usual name.</summary>
    public const string FileName = "model.safetensors.index.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>Whether a file's name is that of an index of safetensors files, with or without a variant.</summary>
    public static bool IsName(string file) =>
        file.EndsWith(".json", StringComparison.Ordinal) && file.Contains(".safetensors.index.", StringComparison.Ordinal)
            && !file.Contains('/', StringComparison.Ordinal);

    /// <summary>Checks an index file like <see cref="Check"/>. Bounds its length before reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The files that the index should describe.</param>
    /// <param name="maxLength">The longest index accepted, in bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>, <see cref="ErrorCode.TooLarge"/>.</exception>
    public static void CheckFile(string path, ModelFiles model, int maxLength = SafetensorsHeader.MaxLength)
    {
        Check(ReadBounded(path, maxLength), model);
    }

    /// <summary>The names of the files in an index. Bounds its length before reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxLength">The longest index accepted, in bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>, <see cref="ErrorCode.TooLarge"/>.</exception>
    public static IReadOnlySet<string> FilesOf(string path, int maxLength = SafetensorsHeader.MaxLength) =>
        ReadMap(ReadBounded(path, maxLength), int.MaxValue).Values.ToHashSet(StringComparer.Ordinal);

    private static byte[] ReadBounded(string path, int maxLength)
    {
        FolderListing.RequireRegular(path);
        using var handle = PositionalFile.Open(path);
        var length = RandomAccess.GetLength(handle);
        if (length > maxLength)
        {
            throw new FishException(ErrorCode.TooLarge, FileName, $"The index has {length} bytes; the limit is {maxLength}.",
                "Write the shards again.");
        }

        var json = new byte[length];
        PositionalFile.ReadExactly(handle, 0, json, FileName);
        return json;
    }

    /// <summary>Checks that an index contains exactly the tensors of these files, each with its file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>.</exception>
    public static void Check(ReadOnlySpan<byte> json, ModelFiles model)
    {
        var map = ReadMap(json, model.Layout.Tensors.Count);
        for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
        {
            var (name, file) = (model.Layout.Tensors[tensor].Name, model.Files[model.PlaceOf(tensor).File].Name);
            if (!map.Remove(name, out var indexed) || indexed != file)
            {
                throw Fail(name, $"The tensor is in {file}; the index has {indexed ?? "no file for it"}.");
            }
        }

        if (map.Count > 0)
        {
            throw Fail(map.Keys.First(), "The index has a tensor that no file contains.");
        }
    }

    /// <summary>Creates the index of these files.</summary>
    public static byte[] Create(ModelFiles model)
    {
        var map = model.Layout.Tensors.Select((tensor, index) => (tensor.Name, File: model.Files[model.PlaceOf(index).File].Name))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ToDictionary(pair => pair.Name, pair => pair.File, StringComparer.Ordinal);
        var index = new { metadata = new { total_size = model.Layout.Bytes }, weight_map = map };
        return JsonSerializer.SerializeToUtf8Bytes(index, Indented);
    }

    private static Dictionary<string, string> ReadMap(ReadOnlySpan<byte> json, int most)
    {
        try
        {
            // Streamed, so that only the map is materialized.
            var reader = new Utf8JsonReader(json);
            Dictionary<string, string>? map = null;
            for (reader.Read(); reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
            {
                if (!reader.ValueTextEquals("weight_map"u8))
                {
                    reader.Skip();
                }
                else
                {
                    map = map is null ? ReadEntries(ref reader, most) : throw Fail(FileName, "The index has two weight_maps.");
                }
            }

            // Read throws if content follows the closing brace.
            return reader.TokenType == JsonTokenType.EndObject && !reader.Read() && map is not null ? map
                : throw Fail(FileName, "The index is not an object with a weight_map.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new FishException(ErrorCode.ShardIndexInvalid, FileName, $"The index cannot be read: {error.Message}",
                "Write the shards again.", error);
        }
    }

    private static Dictionary<string, string> ReadEntries(ref Utf8JsonReader reader, int most)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fail(FileName, "The weight_map is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!map.TryAdd(name, reader.GetString() ?? ""))
            {
                throw Fail(name, "The index has the tensor twice.");
            }

            if (map.Count > most)
            {
                throw Fail(name, $"The index has more tensors than the {most} in the files.");
            }
        }

        return map;
    }

    private static FishException Fail(string key, string cause) => new(ErrorCode.ShardIndexInvalid, key, cause, "Write the shards again.");
}
