using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// The disk-delta folder of several serving stacks, as one shard and its index: each changed tensor is one zstd-1 frame, of the XOR of all
/// its bytes (<c>xor</c>) or of positions and new content of the changed bytes (<c>overwrite</c>), with the xxh3-128 of its new bytes.
/// </summary>
internal sealed class DiskDelta(string encoding) : IPeer
{
    public string Name => $"disk-delta {encoding} + zstd-1";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var (tensors, digests) = (new List<(TensorInfo Info, byte[] Bytes)>(), new Dictionary<string, string>(StringComparer.Ordinal));
        for (var tensor = 0; tensor < before.Tensors.Length; tensor++)
        {
            var (info, from, to) = (before.Layout.Tensors[tensor], before.Tensors[tensor], after.Tensors[tensor]);
            if (!from.AsSpan().SequenceEqual(to))
            {
                var frame = Zstandard.Compress(encoding == "xor" ? Xor(from, to) : Overwrite(from, to), 1);
                tensors.Add((new TensorInfo(info.Name, DType.U8, [frame.Length]), frame));
                digests.Add(info.Name, Digest(to));
            }
        }

        var index = JsonSerializer.SerializeToUtf8Bytes(new
        {
            metadata =
                new { version = "000001", base_version = "000000", delta_encoding = encoding, compression_format = "zstd",
                checksum_format = "xxh3-128" },
            weight_map = digests.ToDictionary(digest => digest.Key, _ => "model-00000-of-00001.safetensors", StringComparer.Ordinal),
        });
        return [.. BitConverter.GetBytes(index.Length), .. index, .. Safetensors.Write(tensors, digests)];
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var file = Safetensors.Read(encoded[(sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(encoded))..]);
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            var (name, bytes) = (target.Layout.Tensors[tensor].Name, target.Tensors[tensor]);
            if (file.TryGet(name, out var frame, out _))
            {
                Apply(frame, bytes);
                if (Digest(bytes) != file.Header.Metadata[name])
                {
                    throw new InvalidDataException($"{name} does not have its checksum.");
                }
            }
        }
    }

    private void Apply(ReadOnlySpan<byte> frame, byte[] bytes)
    {
        // How long an overwrite is stands in its frame alone.
        var content = new byte[encoding == "xor" ? bytes.Length : Zstandard.ContentSize(frame)];
        Zstandard.Decompress(frame, content);
        if (encoding == "xor")
        {
            TensorPrimitives.Xor<byte>(bytes, content, bytes);
            return;
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(content);
        var positions = MemoryMarshal.Cast<byte, int>(content.AsSpan(sizeof(int), count * sizeof(int)));
        var values = content.AsSpan(sizeof(int) + (count * sizeof(int)));
        for (var index = 0; index < count; index++)
        {
            bytes[positions[index]] = values[index];
        }
    }

    private static byte[] Xor(byte[] from, byte[] to)
    {
        var result = new byte[from.Length];
        TensorPrimitives.Xor<byte>(from, to, result);
        return result;
    }

    private static byte[] Overwrite(byte[] from, byte[] to)
    {
        var found = new int[from.Length];
        var count = Deltas.BitwiseDiff.Collect(from, to, 1, found);
        var content = new byte[sizeof(int) + (count * (sizeof(int) + 1))];
        BinaryPrimitives.WriteInt32LittleEndian(content, count);
        MemoryMarshal.AsBytes(found.AsSpan(0, count)).CopyTo(content.AsSpan(sizeof(int)));
        var values = content.AsSpan(sizeof(int) + (count * sizeof(int)));
        for (var index = 0; index < count; index++)
        {
            values[index] = to[found[index]];
        }

        return content;
    }

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(XxHash128.Hash(bytes));
}
