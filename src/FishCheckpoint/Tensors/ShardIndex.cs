using System.Text.Json;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>The index of a sharded model: which file holds which tensor (Hugging Face, <c>model.safetensors.index.json</c>).</summary>
public static class ShardIndex
{
    /// <summary>The index's usual name.</summary>
    public const string FileName = "model.safetensors.index.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>Checks that an index names exactly the tensors of these files, each in its file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>.</exception>
    public static void Check(ReadOnlySpan<byte> json, ModelFiles model)
    {
        var map = ReadMap(json);
        for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
        {
            var (name, file) = (model.Layout.Tensors[tensor].Name, model.Files[model.PlaceOf(tensor).File].Name);
            if (!map.Remove(name, out var indexed) || indexed != file)
            {
                throw Fail(name, $"The tensor stands in {file}; the index says {indexed ?? "nothing"}.");
            }
        }

        if (map.Count > 0)
        {
            throw Fail(map.Keys.First(), "The index names a tensor that is in none of the files.");
        }
    }

    /// <summary>Makes the index of these files.</summary>
    public static byte[] Create(ModelFiles model)
    {
        var map = model.Layout.Tensors.Select((tensor, index) => (tensor.Name, File: model.Files[model.PlaceOf(index).File].Name))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ToDictionary(pair => pair.Name, pair => pair.File, StringComparer.Ordinal);
        var index = new { metadata = new { total_size = model.Layout.Bytes }, weight_map = map };
        return JsonSerializer.SerializeToUtf8Bytes(index, Indented);
    }

    private static Dictionary<string, string> ReadMap(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FishException(ErrorCode.ShardIndexInvalid, FileName, $"The index cannot be read: {error.Message}", "Write the shards again.", error);
        }
    }

    private static FishException Fail(string key, string cause) => new(ErrorCode.ShardIndexInvalid, key, cause, "Write the shards again.");
}
