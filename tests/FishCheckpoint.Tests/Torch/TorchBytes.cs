using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace FishCheckpoint.Tests.Torch;

/// <summary>Writes files as torch.save does, around any pickle.</summary>
internal static class TorchBytes
{
    /// <summary>A legacy file.</summary>
    public static byte[] Legacy(byte[] pickle, params (string Key, long Count, byte[] Data)[] storages) =>
    [
        .. PickleBytes.Of(p => p.Raw(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)),
        .. PickleBytes.Of(p => p.Int(1001)),
        .. PickleBytes.Of(
            p => p.Map(("protocol_version", v => v.Int(1001)), ("little_endian", v => v.Raw(0x88)), ("type_sizes", v => v.Op('}')))),
        .. pickle,
        .. PickleBytes.Of(p =>
        {
            p.Op(']').Op('(');
            Array.ForEach(storages, storage => p.Text(storage.Key));
            p.Op('e');
        }),
        .. storages.SelectMany(storage => BitConverter.GetBytes(storage.Count).Concat(storage.Data)),
    ];

    /// <summary>A zip file of torch.save's.</summary>
    public static byte[] Archive(byte[] pickle, params (string Key, byte[] Data)[] storages) =>
        Zip(
            [("archive/data.pkl", pickle), .. storages.Select(storage => ($"archive/data/{storage.Key}", storage.Data)),
            ("archive/version", "3\n"u8.ToArray())]);

    /// <summary>A zip file with everything stored as it is.</summary>
    public static byte[] Zip(params (string Name, byte[] Data)[] files) => Zip(null, files);

    /// <summary>As above, with each entry of the directory changed by hand before it is written: name, entry's bytes.</summary>
    public static byte[] Zip(Action<string, byte[]>? forge, params (string Name, byte[] Data)[] files)
    {
        var (body, directory) = (new List<byte>(), new List<byte>());
        foreach (var (name, data) in files)
        {
            var (utf8, crc) = (Encoding.UTF8.GetBytes(name), Crc32.HashToUInt32(data));
            var entry = new byte[46];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), crc);
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(20), data.Length);
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(24), data.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)utf8.Length);
            BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(42), body.Count);
            var header = new byte[30];
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
            entry.AsSpan(6, 24).CopyTo(header.AsSpan(4));
            forge?.Invoke(name, entry);
            body.AddRange([.. header[..28], 0, 0, .. utf8, .. data]);
            directory.AddRange([.. entry, .. utf8]);
        }

        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)files.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)files.Length);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(12), directory.Count);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(16), body.Count);
        return [.. body, .. directory, .. end];
    }

    /// <summary>Four floats, in a pickle and a storage.</summary>
    public static (byte[] Pickle, byte[] Data) Small() => (
        PickleBytes.Of(p => p.Map(("w", v => v.Tensor("0", 4, 0, [2, 2], [2, 1])), ("t", v => v.Tensor("0", 4, 0, [2, 2], [1, 2])))),
        [.. Enumerable.Range(1, 16).Select(value => (byte)value)]);
}
