using System.Buffers.Binary;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Safetensors files in memory, for the peers whose formats are made of them.</summary>
internal static class Safetensors
{
    /// <summary>Writes a file.</summary>
    public static byte[] Write(IEnumerable<(TensorInfo Info, byte[] Bytes)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var list = tensors.ToList();
        var header = HeaderWriter.Create(list.Select(tensor => tensor.Info), metadata);
        var file = new byte[header.FileLength];
        header.ToFileBytes().CopyTo(file, 0);
        var offset = (int)header.DataStart;
        foreach (var (_, bytes) in list)
        {
            bytes.CopyTo(file, offset);
            offset += bytes.Length;
        }

        return file;
    }

    /// <summary>Reads one: its header, and a way to the bytes of a tensor.</summary>
    public static Opened Read(byte[] file)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var json = file.AsSpan(SafetensorsHeader.PrefixLength, length).ToArray();
        var header = HeaderParser.Parse(json, "memory", file.Length - SafetensorsHeader.PrefixLength - length);
        return new Opened(header, file);
    }

    /// <summary>A file that was read.</summary>
    internal sealed record Opened(SafetensorsHeader Header, byte[] File)
    {
        private readonly Dictionary<string, StoredTensor> byName =
            Header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);

        /// <summary>The bytes of a tensor, with what the header says about it.</summary>
        public bool TryGet(string name, out ReadOnlySpan<byte> bytes, out TensorInfo? info)
        {
            var found = byName.TryGetValue(name, out var tensor);
            info = tensor?.Info;
            bytes = found ? File.AsSpan((int)(Header.DataStart + tensor!.Begin), (int)tensor.Info.Bytes) : default;
            return found;
        }
    }
}
