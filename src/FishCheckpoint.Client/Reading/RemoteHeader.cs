using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Reading;

/// <summary>Reads the safetensors header of a file on the server: one request for most, two for a long one.</summary>
internal static class RemoteHeader
{
    private const int FirstRead = 1 << 16;

    public static async Task<SafetensorsHeader> ReadAsync(IModelReader reader, RestoredFile file, CancellationToken cancellation)
    {
        var first = await ReadAsync(reader, file, 0, (int)Math.Min(FirstRead, file.Bytes), cancellation);
        var length = HeaderParser.ReadLength(first, file.Bytes, file.Name);
        var dataLength = file.Bytes - SafetensorsHeader.PrefixLength - length;
        var json = first.AsMemory(Math.Min(first.Length, SafetensorsHeader.PrefixLength));
        if (json.Length < length)
        {
            json = await ReadAsync(reader, file, SafetensorsHeader.PrefixLength, length, cancellation);
        }

        return HeaderParser.Parse(json[..length], file.Name, dataLength);
    }

    private static async Task<byte[]> ReadAsync(
        IModelReader reader, RestoredFile file, long offset, int length, CancellationToken cancellation)
    {
        using var target = new MemoryStream(length);
        var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyToAsync(file.Name, offset, length, pipe, cancellation);
        await pipe.CompleteAsync();
        return target.ToArray();
    }
}
