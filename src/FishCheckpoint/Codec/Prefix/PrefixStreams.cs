using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// The hot loops of <see cref="PrefixCoder"/>. Number <em>i</em> belongs to stream <em>i</em> mod 4, so that decoding runs four independent
/// steps in parallel. Compiled fully optimized on the first call, because a process that saves once ends before tiered compilation.
/// </summary>
internal static class PrefixStreams
{
    /// <summary>The number of streams.</summary>
    public const int Count = 4;

    /// <summary>Space after the last stream, because words are written whole.</summary>
    public const int Slack = sizeof(ulong);

    private const int PatternMask = (1 << PrefixLengths.MaxLength) - 1;

    /// <summary>Encodes one stream.</summary>
    /// <param name="numbers">The numbers of all streams.</param>
    /// <param name="symbols">Their symbols.</param>
    /// <param name="stream">The stream's number.</param>
    /// <param name="table">The table, prepared for encoding.</param>
    /// <param name="destination">Space for the stream and <see cref="Slack"/>.</param>
    /// <returns>The length of the stream in bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Encode(ReadOnlySpan<uint> numbers, ReadOnlySpan<byte> symbols, int stream, PrefixTable table, Span<byte> destination)
    {
        ref var source = ref MemoryMarshal.GetReference(numbers);
        ref var places = ref MemoryMarshal.GetReference(symbols);
        ref var entries = ref table.Encoding;
        var bits = new Appended(ref MemoryMarshal.GetReference(destination));
        nint index = stream;
        for (; index < numbers.Length - Count; index += 2 * Count)
        {
            var first = Code(Unsafe.Add(ref source, index), Unsafe.Add(ref places, index), ref entries, out var count);
            var second = Code(Unsafe.Add(ref source, index + Count), Unsafe.Add(ref places, index + Count), ref entries, out var taken);

            // Usually two numbers per write.
            if (count + taken > Appended.MaxBits)
            {
                bits.Add(first, count);
                (first, count) = (0, 0);
            }

            bits.Add(first | (second << (int)count), count + taken);
        }

        if (index < numbers.Length)
        {
            bits.Add(Code(Unsafe.Add(ref source, index), Unsafe.Add(ref places, index), ref entries, out var count), count);
        }

        return bits.BytesFrom(ref MemoryMarshal.GetReference(destination));
    }

    /// <summary>Decodes all streams: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The streams, one after another.</param>
    /// <param name="lengths">The length of each stream; their sum is the source's length.</param>
    /// <param name="table">The table, prepared for decoding.</param>
    /// <param name="numbers">Filled.</param>
    /// <returns>Whether each stream ends with its numbers.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, ReadOnlySpan<int> lengths, PrefixTable table, Span<uint> numbers)
    {
        Span<long> ends = stackalloc long[Count];
        Span<long> at = stackalloc long[Count];
        for (var (stream, end) = (0, 0L); stream < Count; stream++)
        {
            at[stream] = end;
            ends[stream] = end += lengths[stream] * 8L;
        }

        // The last place at which a step can read a whole word, if all steps before it were the longest.
        var (last, index) = ((source.Length - sizeof(ulong)) * 8L, 0);
        while (Math.Min((numbers.Length - index) / Count, (last - Latest(at)) / PrefixTable.MaxBits) is var groups and > 0)
        {
            DecodeGroups(source, at, table, numbers.Slice(index, (int)groups * Count));
            index += (int)groups * Count;
        }

        for (; index < numbers.Length; index++)
        {
            ref var place = ref at[index % Count];
            numbers[index] = Step(Near(source, place), ref table.Decoding, ref place);
        }

        for (var stream = 0; stream < Count; stream++)
        {
            if (ends[stream] - at[stream] is < 0 or > 7
                || ByteStreams.Low(Near(source, at[stream]), (ulong)(ends[stream] - at[stream])) != 0)
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Code(uint number, byte symbol, ref ulong entries, out uint count)
    {
        var entry = Unsafe.Add(ref entries, (nint)symbol);
        count = (uint)(entry >> 32);
        return (ushort)(entry >> 16) | (ByteStreams.Low(number, (byte)entry) << (int)(entry >> 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeGroups(ReadOnlySpan<byte> source, Span<long> at, PrefixTable table, Span<uint> numbers)
    {
        ref var streams = ref MemoryMarshal.GetReference(source);
        ref var entries = ref table.Decoding;
        ref var target = ref MemoryMarshal.GetReference(numbers);
        var (at0, at1, at2, at3) = (at[0], at[1], at[2], at[3]);
        for (nint index = 0; index < numbers.Length; index += Count)
        {
            Unsafe.Add(ref target, index) = Step(Peek(ref streams, at0), ref entries, ref at0);
            Unsafe.Add(ref target, index + 1) = Step(Peek(ref streams, at1), ref entries, ref at1);
            Unsafe.Add(ref target, index + 2) = Step(Peek(ref streams, at2), ref entries, ref at2);
            Unsafe.Add(ref target, index + 3) = Step(Peek(ref streams, at3), ref entries, ref at3);
        }

        (at[0], at[1], at[2], at[3]) = (at0, at1, at2, at3);
    }

    private static long Latest(ReadOnlySpan<long> at) => Math.Max(Math.Max(at[0], at[1]), Math.Max(at[2], at[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Step(ulong bits, ref ulong entries, ref long at)
    {
        var entry = Unsafe.Add(ref entries, (nint)(bits & PatternMask));
        at += (byte)entry;
        return (uint)(entry >> 32) + (uint)(ByteStreams.Low(bits, (byte)entry) >> (int)(entry >> 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Peek(ref byte streams, long at) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref streams, (nint)(at >> 3))) >> (int)(at & 7);

    // Reads zeros past the end.
    private static ulong Near(ReadOnlySpan<byte> source, long at)
    {
        var reader = new BitReader(source);
        reader.Skip((int)at);
        return reader.Peek();
    }

    // Appends bits in order and writes whole words.
    private ref struct Appended(ref byte target)
    {
        public const int MaxBits = 56;

        private ref byte target = ref target;
        private ulong pending;
        private uint filled;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(ulong value, uint count)
        {
            pending |= value << (int)filled;
            filled += count;
            Unsafe.WriteUnaligned(ref target, pending);
            target = ref Unsafe.Add(ref target, (nint)(filled >> 3));
            pending >>= (int)(filled & ~7U);
            filled &= 7;
        }

        // The bits of the last partial byte are already written.
        public readonly int BytesFrom(ref byte start) => (int)Unsafe.ByteOffset(ref start, ref target) + (filled > 0 ? 1 : 0);
    }
}
