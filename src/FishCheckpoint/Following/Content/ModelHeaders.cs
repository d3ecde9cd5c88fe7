using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Reads the headers of a model's files: each with one read, a long one with two.</summary>
internal static class ModelHeaders
{
    private const int FirstRead = 1 << 16;

    /// <summary>Whether a file holds tensors.</summary>
    public static bool IsTensors(string file) => ModelFiles.IsName(file);

    /// <summary>Reads the headers of all files that hold tensors, by name.</summary>
    public static async Task<Dictionary<string, SafetensorsHeader>> ReadAsync(IModelReader model, int maxLength, CancellationToken cancellation)
    {
        var headers = new Dictionary<string, SafetensorsHeader>(StringComparer.Ordinal);
        foreach (var file in model.Files.Where(file => IsTensors(file.Name)))
        {
            var first = await ReadAsync(model, file.Name, 0, Math.Min(FirstRead, file.Bytes), cancellation);
            var length = HeaderParser.ReadLength(first, file.Bytes, file.Name, maxLength);
            var json = first.AsMemory(Math.Min(first.Length, SafetensorsHeader.PrefixLength));
            if (json.Length < length)
            {
                json = await ReadAsync(model, file.Name, SafetensorsHeader.PrefixLength, length, cancellation);
            }

            headers.Add(file.Name, HeaderParser.Parse(json[..length], file.Name, file.Bytes - SafetensorsHeader.PrefixLength - length));
        }

        return headers;
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
