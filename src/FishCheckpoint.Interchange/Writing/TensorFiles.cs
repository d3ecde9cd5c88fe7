using System.Buffers.Binary;
using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>The model file of each tensor.</summary>
internal static class TensorFiles
{
    /// <summary>Reads the files' headers; skipped for a single file.</summary>
    public static async Task<Dictionary<string, int>> ReadAsync(IModelReader model, CancellationToken cancellation)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] files = [.. model.Files.Select(file => file.Name).Where(VersionFolders.IsTensors)];
        for (var file = 0; file < files.Length && files.Length > 1; file++)
        {
            foreach (var tensor in (await ReadHeaderAsync(model, files[file], cancellation)).Tensors)
            {
                places[tensor.Info.Name] = file;
            }
        }

        return places;
    }

    /// <summary>Reads the header of a model's tensor file.</summary>
    public static async Task<SafetensorsHeader> ReadHeaderAsync(IModelReader model, string file, CancellationToken cancellation)
    {
        var prefix = await ReadAsync(model, file, 0, SafetensorsHeader.PrefixLength, cancellation);
        return HeaderParser.Parse(
            await ReadAsync(model, file, SafetensorsHeader.PrefixLength, BinaryPrimitives.ReadInt64LittleEndian(prefix), cancellation),
                file);
    }

    private static async Task<byte[]> ReadAsync(IModelReader model, string file, long offset, long length, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await model.CopyToAsync(file, offset, length, pipe, cancellation);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }
}
