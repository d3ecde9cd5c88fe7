using FishCheckpoint.Codec;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>
/// A frame taken apart, so that one part of it can be changed and all that depends on it made to fit again, as a forger would.
/// </summary>
internal sealed class FrameParts
{
    private FrameParts(FrameKind kind, Digest[] digests, long count) => (Kind, Digests, Count) = (kind, digests, count);

    public FrameKind Kind { get; set; }

    public Digest[] Digests { get; }

    public long Count { get; set; }

    public List<ChunkParts> Chunks { get; } = [];

    /// <summary>Takes a frame apart.</summary>
    /// <returns><see langword="null"/> where the bytes are no frame.</returns>
    public static FrameParts? Read(byte[] frame)
    {
        try
        {
            var head = FrameHead.Parse(frame);
            var parts = new FrameParts(head.Kind, [.. head.Digests], head.Count);
            var index = head.Index.Span;
            var payload = frame.AsSpan(head.Length);
            for (var chunk = 0; chunk < head.Chunks; chunk++)
            {
                var fields = new ulong[FieldsOf(head.Kind)];
                foreach (ref var field in fields.AsSpan())
                {
                    if (!Varint.TryRead(ref index, out field))
                    {
                        return null;
                    }
                }

                if (index.Length < sizeof(uint))
                {
                    return null;
                }

                index = index[sizeof(uint)..];
                var length = (int)Math.Min(fields[^1], (ulong)payload.Length);
                parts.Chunks.Add(new ChunkParts(fields[..^1], payload[..length].ToArray()));
                payload = payload[length..];
            }

            return parts;
        }
        catch (Errors.FishException)
        {
            return null;
        }
    }

    /// <summary>Puts the frame together: lengths, checksums and the head's own fit again.</summary>
    public byte[] ToArray()
    {
        var (index, payload) = (new List<byte>(), new List<byte>());
        Span<byte> number = stackalloc byte[Varint.MaxLength];
        foreach (var chunk in Chunks)
        {
            foreach (var field in chunk.Fields.Append((ulong)chunk.Bytes.Length))
            {
                index.AddRange(number[..Varint.Write(number, field)]);
            }

            index.AddRange(BitConverter.GetBytes(Crc32C.Compute(chunk.Bytes)));
            payload.AddRange(chunk.Bytes);
        }

        return [.. new FrameHead(Kind, Digests, Chunks.Count, Count, index.ToArray()).ToArray(), .. payload];
    }

    /// <summary>Which field of a chunk's entry counts positions; -1 where none does.</summary>
    public static int CountFieldOf(FrameKind kind) => kind switch { FrameKind.Mask => 1, FrameKind.Blocks => 2, _ => -1 };

    private static int FieldsOf(FrameKind kind) => kind switch { FrameKind.Mask => 5, FrameKind.Blocks => 4, _ => 1 };
}

/// <summary>A chunk: what its entry says before the length, and its bytes.</summary>
internal sealed class ChunkParts(ulong[] fields, byte[] bytes)
{
    public ulong[] Fields { get; } = fields;

    public byte[] Bytes { get; set; } = bytes;

    public ChunkParts Copy() => new([.. Fields], Bytes);
}
