using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>BLAKE3 of eight whole chunks at once, one in each lane of a vector.</summary>
internal static class Blake3Lanes
{
    /// <summary>How many chunks are hashed at once.</summary>
    public const int Count = 8;

    /// <summary>The chaining values of eight chunks.</summary>
    /// <param name="bytes">Eight whole chunks.</param>
    /// <param name="counter">The number of the first.</param>
    /// <param name="values">Receives the chaining values, one after another.</param>
    public static void HashChunks(ReadOnlySpan<byte> bytes, ulong counter, Span<uint> values)
    {
        if (!Vector256.IsHardwareAccelerated || !BitConverter.IsLittleEndian)
        {
            for (var chunk = 0; chunk < Count; chunk++)
            {
                Blake3Words.HashChunk(bytes.Slice(chunk * Blake3Words.Chunk, Blake3Words.Chunk), counter + (ulong)chunk, isRoot: false, values[(chunk * Blake3Words.Words)..]);
            }

            return;
        }

        Span<Vector256<uint>> chain = stackalloc Vector256<uint>[Blake3Words.Words];
        Span<Vector256<uint>> message = stackalloc Vector256<uint>[16];
        for (var word = 0; word < Blake3Words.Words; word++)
        {
            chain[word] = Vector256.Create(Blake3Words.Start[word]);
        }

        var low = Vector256.Create((uint)counter) + Vector256<uint>.Indices;
        // A lane whose counter has wrapped is smaller than where it began.
        var high = Vector256.Create((uint)(counter >> 32)) - Vector256.LessThan(low, Vector256.Create((uint)counter));
        for (var block = 0; block < Blake3Words.Chunk / Blake3Words.Block; block++)
        {
            Load(bytes, block * Blake3Words.Block, message);
            var flags = block switch { 0 => Blake3Words.ChunkStart, 15 => Blake3Words.ChunkEnd, _ => 0u };
            Compress(chain, message, low, high, flags);
        }

        for (var word = 0; word < Blake3Words.Words; word++)
        {
            for (var chunk = 0; chunk < Count; chunk++)
            {
                values[(chunk * Blake3Words.Words) + word] = chain[word][chunk];
            }
        }
    }

    private static void Load(ReadOnlySpan<byte> bytes, int offset, Span<Vector256<uint>> message)
    {
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), offset);
        for (var word = 0; word < 16; word++)
        {
            ref var at = ref Unsafe.Add(ref first, word * 4);
            message[word] = Vector256.Create(
                Word(ref at, 0), Word(ref at, 1), Word(ref at, 2), Word(ref at, 3), Word(ref at, 4), Word(ref at, 5), Word(ref at, 6), Word(ref at, 7));
        }
    }

    private static uint Word(ref byte at, int chunk) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, chunk * Blake3Words.Chunk));

    private static void Compress(Span<Vector256<uint>> chain, ReadOnlySpan<Vector256<uint>> message, Vector256<uint> low, Vector256<uint> high, uint flags)
    {
        var (v0, v1, v2, v3, v4, v5, v6, v7) = (chain[0], chain[1], chain[2], chain[3], chain[4], chain[5], chain[6], chain[7]);
        var (v8, v9, v10, v11) = (
            Vector256.Create(Blake3Words.Start[0]), Vector256.Create(Blake3Words.Start[1]), Vector256.Create(Blake3Words.Start[2]), Vector256.Create(Blake3Words.Start[3]));
        var (v12, v13, v14, v15) = (low, high, Vector256.Create((uint)Blake3Words.Block), Vector256.Create(flags));
        for (var round = 0; round < 7; round++)
        {
            var order = Blake3Words.Schedule.Slice(round * 16, 16);
            Mix(ref v0, ref v4, ref v8, ref v12, message[order[0]], message[order[1]]);
            Mix(ref v1, ref v5, ref v9, ref v13, message[order[2]], message[order[3]]);
            Mix(ref v2, ref v6, ref v10, ref v14, message[order[4]], message[order[5]]);
            Mix(ref v3, ref v7, ref v11, ref v15, message[order[6]], message[order[7]]);
            Mix(ref v0, ref v5, ref v10, ref v15, message[order[8]], message[order[9]]);
            Mix(ref v1, ref v6, ref v11, ref v12, message[order[10]], message[order[11]]);
            Mix(ref v2, ref v7, ref v8, ref v13, message[order[12]], message[order[13]]);
            Mix(ref v3, ref v4, ref v9, ref v14, message[order[14]], message[order[15]]);
        }

        (chain[0], chain[1], chain[2], chain[3]) = (v0 ^ v8, v1 ^ v9, v2 ^ v10, v3 ^ v11);
        (chain[4], chain[5], chain[6], chain[7]) = (v4 ^ v12, v5 ^ v13, v6 ^ v14, v7 ^ v15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> x, Vector256<uint> y)
    {
        a += b + x;
        d = Right(d ^ a, 16);
        c += d;
        b = Right(b ^ c, 12);
        a += b + y;
        d = Right(d ^ a, 8);
        c += d;
        b = Right(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Right(Vector256<uint> value, int bits) => (value >>> bits) | (value << (32 - bits));
}
