using System.IO.Compression;
using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Safetensors headers as stored: verbatim, compressed with Brotli.</summary>
internal static class HeaderSet
{
    public static byte[] Compress(ReadOnlySpan<byte> json)
    {
        using var target = new MemoryStream();
        using (var brotli = new BrotliStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(json);
        }

        return target.ToArray();
    }

    public static SafetensorsHeader Decompress(byte[] compressed, string file)
    {
        using var brotli = new BrotliStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var json = new MemoryStream();
        brotli.CopyTo(json);
        return HeaderParser.Parse(json.ToArray(), file);
    }

    /// <summary>Encodes the names and headers of several files.</summary>
    public static byte[] Write(ModelFiles files)
    {
        using var target = new MemoryStream();
        using (var writer = new BinaryWriter(target, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(files.Files.Count);
            foreach (var file in files.Files)
            {
                var json = Compress(file.Header.Json.Span);
                writer.Write(file.Name);
                writer.Write(json.Length);
                writer.Write(json);
            }
        }

        return target.ToArray();
    }

    /// <summary>Decodes the result of <see cref="Write"/>.</summary>
    public static ModelFiles Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var files = new ModelFile[reader.ReadInt32()];
        for (var index = 0; index < files.Length; index++)
        {
            var name = reader.ReadString();
            files[index] = new ModelFile(name, Decompress(reader.ReadBytes(reader.ReadInt32()), name));
        }

        return new ModelFiles(files);
    }

    /// <summary>Whether two sets of files have equal names and headers, byte for byte.</summary>
    public static bool Same(ModelFiles left, ModelFiles right) =>
        left.Files.Count == right.Files.Count
        && left.Files.Zip(right.Files).All(
            pair => pair.First.Name == pair.Second.Name && pair.First.Header.Json.Span.SequenceEqual(pair.Second.Header.Json.Span));
}
