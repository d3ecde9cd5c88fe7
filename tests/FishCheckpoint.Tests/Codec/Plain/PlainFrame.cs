using System.IO.Compression;
using System.Security.Cryptography;
using K4os.Compression.LZ4;
using ZstdSharp;

namespace PlainFormat;

/// <summary>What the index holds of a chunk, and the chunk.</summary>
internal sealed record PlainEntry(int Tensor, int Count, long First, long Last, long Length, uint Checksum)
{
    public byte[] Bytes { get; set; } = [];
}

/// <summary>A frame: its head (C2), its index and chunks (C4).</summary>
internal sealed class PlainFrame
{
    private const int Chunk = 32768;
    private const int PlainChunk = 262144;
    private const int Block = 1 << 20;

    private PlainFrame(int kind, int chunks, long count, byte[][] digests, byte[] index) =>
        (Kind, Chunks, Count, Digests, Index) = (kind, chunks, count, digests, index);

    public int Kind { get; }

    public int Chunks { get; }

    public long Count { get; }

    public byte[][] Digests { get; }

    public List<PlainEntry> Entries { get; } = [];

    private byte[] Index { get; }

    /// <summary>Reads a frame, all of whose chunks have their checksums.</summary>
    public static PlainFrame Read(PlainBytes source, PlainTensor[] layout)
    {
        var frame = ReadHead(source);
        var index = new PlainBytes(frame.Index);
        for (var number = 0; number < frame.Chunks; number++)
        {
            frame.Entries.Add(frame.ReadEntry(index, layout, number));
        }

        RefusedException.Unless(index.Left == 0);
        RefusedException.Unless(frame.Kind == 2 || frame.Entries.Sum(entry => (long)entry.Count) == frame.Count);
        foreach (var entry in frame.Entries)
        {
            entry.Bytes = source.Take(entry.Length);
            RefusedException.Unless(Crc32C(entry.Bytes) == entry.Checksum);
        }

        return frame;
    }

    /// <summary>The content of a frame of plain bytes (C6).</summary>
    public byte[] ReadPlain()
    {
        var content = new List<byte>();
        foreach (var entry in Entries)
        {
            var chunk = new PlainBytes(entry.Bytes);
            if (entry.Bytes.Length > 0 && entry.Bytes[0] == 4 && entry.Count % 4 == 0)
            {
                chunk.Take(1);
                byte[][] planes = [.. Enumerable.Range(0, 4).Select(_ => ReadSpan(chunk, entry.Count / 4))];
                for (var unit = 0; unit < entry.Count / 4; unit++)
                {
                    content.AddRange(planes.Select(plane => plane[unit]));
                }
            }
            else
            {
                content.AddRange(ReadSpan(chunk, entry.Count));
            }

            RefusedException.Unless(chunk.Left == 0);
        }

        RefusedException.Unless(SHA256.HashData([.. content]).AsSpan().SequenceEqual(Digests[0]));
        return [.. content];
    }

    /// <summary>A compressed span (C5), whose decoded length the reader knows unless a limit of it is given.</summary>
    public static byte[] ReadSpan(PlainBytes source, long length, long? most = null)
    {
        var (compression, encoded) = (source.Byte(), source.Varint());
        RefusedException.Unless(compression <= 3);
        if (most is not null)
        {
            length = source.Varint();
            RefusedException.Unless(length <= most, "FRAME_TOO_LARGE");
        }

        return Decompress(compression, source.Take(encoded), (int)length);
    }

    /// <summary>Exactly as many bytes, by the libraries of the compressions.</summary>
    public static byte[] Decompress(int compression, byte[] data, int length)
    {
        var (decoded, written) = (new byte[length], -1);
        switch (compression)
        {
            case 0: (decoded, written) = (data, data.Length); break;
            case 1: written = data.Length == 0 ? -1 : LZ4Codec.Decode(data, decoded); break;
            case 2:
                using (var zstd = new Decompressor())
                {
                    written = zstd.Unwrap(data, decoded);
                }

                break;
            default: written = BrotliDecoder.TryDecompress(data, decoded, out written) ? written : -1; break;
        }

        RefusedException.Unless(written == length);
        return decoded;
    }

    private static PlainFrame ReadHead(PlainBytes source)
    {
        var data = source.Data[source.At..];
        RefusedException.Unless(data.Length > 0 && "FISHFRAM"u8.StartsWith(data.AsSpan(0, Math.Min(8, data.Length))), "FRAME_INVALID");
        RefusedException.Unless(data.Length >= 32, "BODY_TRUNCATED");
        source.Take(8);
        var (version, kind, digests) = (source.Number(2), source.Byte(), source.Byte());
        var chunks = PlainNumbers.Signed(source.Number(4), 32);
        var count = PlainNumbers.Signed(source.Number(8), 64);
        var index = PlainNumbers.Signed(source.Number(4), 32);
        var checksum = source.Number(4);
        var (ofKind, shortest) = kind switch { 1 => (2, 9), 2 => (4, 5), 3 => (1, 5), 4 => (4, 8), _ => (-1, 0) };
        RefusedException.Unless(version == 1 && digests == ofKind, "FRAME_INVALID");
        RefusedException.Unless(chunks >= 0 && chunks <= count && (chunks > 0 || count == 0), "FRAME_TOO_LARGE");
        RefusedException.Unless(index >= shortest * chunks && index <= 54 * chunks, "FRAME_TOO_LARGE");
        RefusedException.Unless(32 + (32 * digests) + index <= data.Length, "BODY_TRUNCATED");
        var body = source.Take((32 * digests) + index);
        RefusedException.Unless(Crc32C([.. data[..28], .. body]) == checksum);
        return new PlainFrame(kind, (int)chunks, count, [.. body[..(32 * digests)].Chunk(32)], body[(32 * digests)..]);
    }

    private PlainEntry ReadEntry(PlainBytes index, PlainTensor[] layout, int number)
    {
        var before = number > 0 ? Entries[^1] : null;
        var (tensor, count, first, last) = (0, 0L, 0L, 0L);
        if (Kind is 1 or 4)
        {
            var skipped = index.Varint();
            RefusedException.Unless(skipped < layout.Length);
            tensor = (before?.Tensor ?? 0) + (int)skipped;
            RefusedException.Unless(tensor < layout.Length);
            var following = before is not null && skipped == 0 ? before.Last + 1 : 0;
            if (Kind == 1)
            {
                RefusedException.Unless(before is null || skipped > 0 || before.Count == Chunk);
                count = index.Varint();
                first = following + index.Varint();
                last = first + index.Varint();
                RefusedException.Unless(count is >= 1 and <= Chunk);
                RefusedException.Unless(last < layout[tensor].Units && last - first >= count - 1, "INDEX_OUT_OF_RANGE");
            }
            else
            {
                last = first = following + index.Varint();
                count = index.Varint();
                RefusedException.Unless(count >= 1 && count <= UnitsOfBlock(layout[tensor], first), "INDEX_OUT_OF_RANGE");
            }
        }

        count = Kind == 3 ? Math.Min(PlainChunk, Count - ((long)PlainChunk * number)) : count;
        RefusedException.Unless(Kind != 3 || count > 0, "FRAME_TOO_LARGE");
        var length = index.Varint();
        RefusedException.Unless(length <= (Kind == 4 ? 1572864 : 327744));
        return new PlainEntry(tensor, (int)count, first, last, length, (uint)index.Number(4));
    }

    /// <summary>Units of a tensor's block.</summary>
    public static long UnitsOfBlock(PlainTensor tensor, long block) =>
        Math.Min(Block / tensor.Unit, tensor.Units - (block * (Block / tensor.Unit)));

    private static uint Crc32C(byte[] data)
    {
        var value = uint.MaxValue;
        foreach (var next in data)
        {
            value ^= next;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ ((value & 1) == 1 ? 0x82F63B78 : 0);
            }
        }

        return ~value;
    }
}
