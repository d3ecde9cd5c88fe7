using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>Changes files of versions as somebody hostile would: what is not meant to be wrong stays right.</summary>
internal static class VersionFiles
{
    /// <summary>Changes a file of JSON.</summary>
    public static void Json(string path, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(path))!;
        change(json);
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(json));
    }

    /// <summary>Changes a file of tensors: its parts, and its metadata.</summary>
    public static void Parts(string path, Action<Dictionary<string, (TensorInfo Info, byte[] Bytes)>, Dictionary<string, string>> change)
    {
        var bytes = File.ReadAllBytes(path);
        var parts = new Dictionary<string, (TensorInfo Info, byte[] Bytes)>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Header.Tensors)
            {
                parts.Add(
                    tensor.Info.Name,
                    (tensor.Info, bytes.AsSpan((int)(file.Header.DataStart + tensor.Begin), (int)tensor.Info.Bytes).ToArray()));
            }

            foreach (var (key, value) in file.Header.Metadata)
            {
                metadata.Add(key, value);
            }
        }

        change(parts, metadata);
        File.WriteAllBytes(path, TestModel.Patch(metadata, [.. parts.Values.OrderByDescending(part => part.Info.UnitSize)]));
    }

    /// <summary>Puts another frame in the place of a compressed tensor.</summary>
    public static void Frame(string path, string tensor, byte[] frame) =>
        Parts(path, (parts, _) => parts[tensor] = (new TensorInfo(tensor, DType.U8, [frame.Length]), frame));

    /// <summary>A Zstandard frame of uncompressed blocks (RFC 8878), which declares its length, another one, or none.</summary>
    public static byte[] Zstd(byte[] content, uint? declared = null, bool silent = false) =>
    [
        .. Start(declared ?? (uint)content.Length, silent), .. Int24((content.Length << 3) | 1), .. content,
    ];

    /// <summary>A frame of a few bytes that holds n times 128 KiB of zeros.</summary>
    public static byte[] Bomb(int times) =>
    [
        .. Start(0, silent: true),
        .. Enumerable.Range(0, times).SelectMany(index => (byte[])[.. Int24((1 << 20) | 2 | (index == times - 1 ? 1 : 0)), 0]),
    ];

    /// <summary>What <c>overwrite</c> compresses.</summary>
    public static byte[] Overwrite(uint count, uint[] positions, byte[] values) => [.. U32(count), .. positions.SelectMany(U32), .. values];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>Replaces a delta of grail by one of a single tensor with wide rows and columns, and writes its digest.</summary>
    public static void WriteGrail(
        string folder, string tensor, long[] shape, uint[] rows, uint[] columns, Action<JsonNode>? change = null,
        Func<byte[], byte[]>? compress = null)
    {
        var count = rows.Length;
        JsonNode entry = JsonSerializer.SerializeToNode(new
        {
            name = tensor, shape, num_nonzero = count, value_dtype = "bfloat16", row_dtype = "int32", col_dtype = "int32",
                indices_offset = 0,
            indices_size = count * 8, rows_size = count * 4, cols_size = count * 4, values_offset = count * 8, values_size = count * 2,
        })!;
        change?.Invoke(entry);
        var header = JsonSerializer.SerializeToUtf8Bytes(new { version = 31, tensors = new[] { entry } });
        byte[] content =
            [.. U32((uint)header.Length), .. header, .. rows.SelectMany(U32), .. columns.SelectMany(U32), .. new byte[count * 2]];
        File.WriteAllBytes(Path.Combine(folder, "delta_sparse.bin.zst"), (compress ?? (bytes => Zstd(bytes)))(content));
        Sign(folder, "delta_sparse.bin.zst");
    }

    /// <summary>Makes the digest right that grail's metadata have of a file.</summary>
    public static void Sign(string folder, string file) => Json(Path.Combine(folder, "metadata.json"), json =>
        json["file_manifest"]![file] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file)))));

    public static void Flip(string path, long at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    // With a length: one segment, four bytes of it. Without: a window of 128 KiB.
    private static byte[] Start(uint declared, bool silent) =>
        silent ? [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38] : [0x28, 0xB5, 0x2F, 0xFD, 0xA0, .. U32(declared)];

    private static byte[] Int24(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];
}
