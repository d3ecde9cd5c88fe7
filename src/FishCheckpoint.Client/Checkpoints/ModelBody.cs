using System.Runtime.CompilerServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>A full model as a body: its one file, or a tar of its shards.</summary>
internal static class ModelBody
{
    public static StreamedContent Of(ModelFolder model, string spoolFolder) =>
        model.Files.Files is [{ Name: ModelFiles.SingleFileName }]
            ? Bodies.File(model.Paths.Single(), Bodies.Safetensors, model.WhenRead)
            : Bodies.TarOf(Shards(model), spoolFolder);

    private static async IAsyncEnumerable<UploadFile> Shards(
        ModelFolder model, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var (path, file) in model.Paths.Zip(model.Files.Files))
        {
            cancellation.ThrowIfCancellationRequested();
            await using var content = Bodies.OpenRead(path);
            yield return new UploadFile(file.Name, content);
            model.WhenRead?.Invoke(content.Length);
        }
    }
}
