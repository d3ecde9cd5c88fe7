using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Frames;

internal enum ChunkKind : byte
{
    Positions,
    Values,
    Guessed,
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
            (ChunkKind)(input[0] % 5), (DType)(input[1] % DTypes.All.Count()), input[2], 1 + (BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(4)) % DeltaChunk.Capacity),
            1 + BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(6)), BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(8)), input[HeadLength..]);
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
