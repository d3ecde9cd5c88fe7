using System.Buffers.Binary;
using System.Numerics;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>The compression of BLAKE3, for one chunk or pair of subtrees (the BLAKE3 paper, sections 2.1 to 2.5).</summary>
internal static class Blake3Words
{
    /// <summary>Bytes of a chunk.</summary>
    public const int Chunk = 1024;

    /// <summary>Bytes of a block.</summary>
    public const int Block = 64;

    /// <summary>Words of a chaining value.</summary>
    public const int Words = 8;

    public const uint ChunkStart = 1;
    public const uint ChunkEnd = 2;

    private const uint Parent = 4;
    private const uint Root = 8;

    public static ReadOnlySpan<uint> Start => [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

    /// <summary>For each of the seven rounds, which word of the message is taken when.</summary>
    public static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    /// <summary>The chaining value of a chunk of up to 1024 bytes.</summary>
    public static void HashChunk(ReadOnlySpan<byte> chunk, ulong counter, bool isRoot, Span<uint> value)
    {
        Span<uint> message = stackalloc uint[16];
        Span<byte> block = stackalloc byte[Block];
        Start.CopyTo(value);
        for (var (offset, flags) = (0, ChunkStart); ; flags = 0)
        {
            var length = Math.Min(Block, chunk.Length - offset);
            var ends = offset + length == chunk.Length;
            block.Clear();
            chunk.Slice(offset, length).CopyTo(block);
            for (var word = 0; word < 16; word++)
            {
                message[word] = BinaryPrimitives.ReadUInt32LittleEndian(block[(word * 4)..]);
            }

            Compress(value, message, counter, (uint)length, flags | (ends ? ChunkEnd | (isRoot ? Root : 0) : 0));
            offset += length;
            if (ends)
            {
                return;
            }
        }
    }

    /// <summary>The chaining value of two subtrees. The result may lie where one of them does.</summary>
    public static void Join(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right, bool isRoot, Span<uint> value)
    {
        Span<uint> message = stackalloc uint[16];
        left.CopyTo(message);
        right.CopyTo(message[Words..]);
        Start.CopyTo(value);
        Compress(value, message, 0, Block, Parent | (isRoot ? Root : 0));
    }

    public static string Text(ReadOnlySpan<uint> value)
    {
        Span<byte> bytes = stackalloc byte[Words * 4];
        for (var word = 0; word < Words; word++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], value[word]);
        }

        return Convert.ToHexStringLower(bytes);
    }

    private static void Compress(Span<uint> value, ReadOnlySpan<uint> message, ulong counter, uint length, uint flags)
    {
        Span<uint> state = [.. value, .. Start[..4], (uint)counter, (uint)(counter >> 32), length, flags];
        for (var round = 0; round < 7; round++)
        {
            var order = Schedule.Slice(round * 16, 16);
            for (var column = 0; column < 4; column++)
            {
                Mix(state, column, column + 4, column + 8, column + 12, message[order[column * 2]], message[order[(column * 2) + 1]]);
            }

            for (var diagonal = 0; diagonal < 4; diagonal++)
            {
                Mix(
                    state, diagonal, 4 + ((diagonal + 1) & 3), 8 + ((diagonal + 2) & 3), 12 + ((diagonal + 3) & 3),
                    message[order[8 + (diagonal * 2)]], message[order[9 + (diagonal * 2)]]);
            }
        }

        for (var word = 0; word < Words; word++)
        {
            value[word] = state[word] ^ state[word + Words];
        }
    }

    private static void Mix(Span<uint> state, int a, int b, int c, int d, uint x, uint y)
    {
        state[a] += state[b] + x;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 16);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 12);
        state[a] += state[b] + y;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 8);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 7);
    }
}
