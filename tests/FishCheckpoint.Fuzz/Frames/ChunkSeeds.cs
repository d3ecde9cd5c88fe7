using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>Encodings of chunks and blocks, by every effort, of every form.</summary>
internal static class ChunkSeeds
{
    private static readonly byte[] Room = new byte[BlockCoder.Room];

    private static readonly CodecOptions[] Options =
    [
        .. Enum.GetValues<Compression>().Select(compression => new CodecOptions(compression, compression, 3) { Effort = CodecEffort.Runs }),
        new() { Effort = CodecEffort.Fast }, new() { Effort = CodecEffort.Small },
    ];

    public static List<byte[]> Make() =>
    [
        .. new[] { 1, 2, 30, 700, 3000 }.SelectMany(count => new[] { 1, 3, 40 }.SelectMany(gap => Positions(count, gap))),
        .. DTypes.All.SelectMany(type => new[] { 1, 40, 900 }.SelectMany(count => Values(type, count))), .. Values(DType.F32, 5000),
        .. DTypes.All.SelectMany(type => new[] { 1, 60, 900, 6000 }.SelectMany(units => Blocks(type, units))), .. Bytes(),
    ];

    private static IEnumerable<byte[]> Positions(int count, int gap)
    {
        var random = new Random(count + gap);
        var positions = new long[count];
        for (var (index, next) = (0, 0L); index < count; index++, next += 1 + random.Next(index % 64 < 40 ? 1 : gap))
        {
            positions[index] = next;
        }

        foreach (var options in Options)
        {
            var length = new ChunkCoder().EncodePositions(positions, options, Room, 40);
            yield return new ChunkInput(ChunkKind.Positions, DType.F32, 0, count, 40, (uint)positions[^1], Room[..length]).ToArray();
        }
    }

    private static IEnumerable<byte[]> Values(DType type, int count)
    {
        var (coder, input) = (new ChunkCoder(), new ChunkInput(ChunkKind.Values, type, 1, count, 1, 0, []));
        var (parent, unit) = (input.Parent(count), DTypes.UnitSizeOf(type));
        var values = Moved(parent, unit, 1);
        foreach (var options in Options)
        {
            foreach (var map in new[] { ValueMap.Plain, ValueMap.Xor, ValueMap.Distance })
            {
                var mapped = values.ToArray();
                ValueMaps.Map(map, type, mapped, parent);
                yield return (input with { Bytes = Room[..coder.EncodeValues(map, mapped, unit, options, Room)] }).ToArray();
            }

            yield return (input with
            {
                Kind = ChunkKind.Predicted, Bytes = Room[..coder.EncodePredicted(type, 1, parent, values, options, Room)],
            }).ToArray();
        }
    }

    private static IEnumerable<byte[]> Blocks(DType type, int units)
    {
        foreach (var (seed, every) in new[] { ((byte)1, 1), ((byte)2, 3), ((byte)2, 50), ((byte)0, 7) })
        {
            var input = new ChunkInput(ChunkKind.Block, type, seed, 1, units, 0, []);
            var (parent, unit, random) = (input.Parent(units), DTypes.UnitSizeOf(type), new Random(seed));
            int[] positions =
                [.. Enumerable.Range(0, units).Where(index => random.Next(every) == 0 && (every != 3 || index / 40 % 2 == 0))
                .DefaultIfEmpty(0)];
            var after = Moved(parent, unit, seed);
            byte[] values = [.. positions.SelectMany(position => after[(position * unit)..((position + 1) * unit)])];
            foreach (var effort in new[] { CodecEffort.Fast, CodecEffort.Small })
            {
                var length = new BlockCoder().Encode(type, parent, positions, values, effort, Room, out _, new BlockRows(40, 0));
                yield return (input with { Count = positions.Length, Bytes = Room[..length] }).ToArray();
            }
        }
    }

    private static IEnumerable<byte[]> Bytes()
    {
        var content = new ChunkInput(ChunkKind.Bytes, DType.F32, 1, 1, 1, 0, []).Parent(1500);
        return Options.Select(options =>
            new ChunkInput(ChunkKind.Bytes, DType.U8, 0, content.Length, 1, 0, Room[..ChunkCoder.EncodeBytes(content, options, Room)])
            .ToArray());
    }

    private static byte[] Moved(byte[] parent, int unit, int seed)
    {
        var (random, moved) = (new Random(seed), parent.ToArray());
        for (var at = 0; at < moved.Length; at += unit)
        {
            moved[at] += (byte)(random.Next(50) == 0 ? random.Next(1, 256) : random.Next(1, 4));
        }

        return moved;
    }
}

internal enum ChunkKind : byte
{
    Positions,
    Values,
    Predicted,
    Block,
    Bytes,
}

/// <summary>What a decoder of chunks is given: what the index would say (twelve bytes), and the encoding.</summary>
internal sealed record ChunkInput(ChunkKind Kind, DType Type, byte Seed, int Count, int Units, uint Span, byte[] Bytes)
{
    public const int HeadLength = 12;

    private static readonly byte[][] Parents = [.. Enumerable.Range(0, 4).Select(Weights)];

    public long First => Seed;

    // The index holds a chunk to this before it is decoded.
    public long Last => First + Math.Max(Count - 1, Count == 1 ? 0 : Span);

    public string Form => Convert.ToHexString(Bytes.AsSpan(0, Math.Min(2, Bytes.Length)));

    public static bool TryRead(byte[] input, out ChunkInput chunk)
    {
        chunk = null!;
        if (input.Length < HeadLength)
        {
            return false;
        }

        chunk = new ChunkInput(
            (ChunkKind)(input[0] % 5), (DType)(input[1] % DTypes.All.Count()), input[2],
            1 + (BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(4)) % DeltaChunk.Capacity),
            1 + BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(6)), BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(8)),
            input[HeadLength..]);
        return true;
    }

    public byte[] ToArray()
    {
        var head = new byte[HeadLength];
        (head[0], head[1], head[2]) = ((byte)Kind, (byte)Type, Seed);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(4), (ushort)(Count - 1));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(6), (ushort)(Units - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), Span);
        return [.. head, .. Bytes];
    }

    /// <summary>What the parent has: of exponents that a seed chooses.</summary>
    public byte[] Parent(int units) => Parents[Seed % Parents.Length][..(units * DTypes.UnitSizeOf(Type))];

    private static byte[] Weights(int seed)
    {
        var (random, bytes) = (new Random(seed), new byte[65_536 * sizeof(ulong)]);
        random.NextBytes(bytes);
        if (seed is 1 or 2)
        {
            foreach (ref var word in MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()))
            {
                word = (ushort)(BitConverter.SingleToUInt32Bits((random.NextSingle() - 0.5f) * (random.NextSingle() + 0.01f)) >> 16);
            }
        }

        return seed == 3 ? new byte[bytes.Length] : bytes;
    }
}
