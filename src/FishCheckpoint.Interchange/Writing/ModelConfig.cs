using System.IO.Pipelines;
using System.Text.Json;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>The fields of a model's <c>config.json</c> that concern its tensors.</summary>
internal static class ModelConfig
{
    /// <summary>The file's name.</summary>
    public const string FileName = "config.json";

    private const string Head = "lm_head.weight";
    private const long MaxBytes = 1 << 24;

    /// <summary>The alias tensor by <c>tie_word_embeddings</c>; <see langword="null"/>: none, or unknown.</summary>
    public static async Task<string?> FindTiedAsync(IModelReader model, CancellationToken cancellation)
    {
        if (!model.Layout.TryIndexOf(Head, out _)
            || model.Files.FirstOrDefault(file => file.Name == FileName) is not { Bytes: <= MaxBytes } config)
        {
            return null;
        }

        using var bytes = new MemoryStream();
        var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await model.CopyToAsync(FileName, 0, config.Bytes, pipe, cancellation);
        await pipe.CompleteAsync();
        try
        {
            using var json = JsonDocument.Parse(bytes.ToArray());
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("tie_word_embeddings", out var tied)
                && tied.ValueKind == JsonValueKind.True ? Head : null;
        }
        catch (JsonException)
        {
            // Its readers treat such a file as empty.
            return null;
        }
    }
}
