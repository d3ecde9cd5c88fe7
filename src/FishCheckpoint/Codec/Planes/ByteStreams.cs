using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace FishCheckpoint.Codec;

/// <summary>
/// The hot loops of <see cref="ByteCoder"/>. Of each eight bytes, the first four belong to the first stream (one for each of its states)
/// and the others to the second. Streams are written from end to start, because states emit symbols in reverse order.
/// </summary>
internal static class ByteStreams
{
    private const int PerStream = 4;
    private const int Group = 2 * PerStream;

    /// <summary>The space that one stream needs at most to encode that many bytes.</summary>
    public static int RoomFor(int bytes) => ((((bytes / Group) + 1) * PerStream * ByteTable.MaxLog) / 8) + 32;

    /// <summary>Encodes one stream; the processor's registers suffice for one at a time.</summary>
    /// <param name="bytes">The symbols of both streams.</param>
    /// <param name="second">Whether to encode the second stream.</param>
    /// <param name="table">The table, prepared for encoding.</param>
    /// <param name="log">Bits per state.</param>
    /// <param name="destination">Space for <see cref="RoomFor"/> bytes; the stream ends at its end.</param>
    /// <returns>The length of the stream in bytes.</returns>
    public static int Encode(ReadOnlySpan<byte> bytes, bool second, ByteTable table, int log, Span<byte> destination)
    {
        ref var steps = ref table.Steps;
        ref var next = ref table.Encoding;
        var bits = new PrependedBits(destination);
        var (s0, s1, s2, s3) = (1U << log, 1U << log, 1U << log, 1U << log);

        // The last group has zero to four bytes.
        var (whole, place) = (bytes.Length / Group * Group, second ? PerStream : 0);
        for (var rest = Math.Min(bytes.Length - whole - place, PerStream) - 1; rest >= 0; rest--)
        {
            ref var state = ref rest == 1 ? ref s1 : ref rest == 2 ? ref s2 : ref rest == 3 ? ref s3 : ref s0;
            bits.Add(Take(ref state, bytes[whole + place + rest], ref steps, ref next, out var taken), taken);
            bits.Flush();
        }

        EncodeGroups(bytes[..whole], place, ref s0, ref s1, ref s2, ref s3, ref bits, ref steps, ref next);
        foreach (var state in (ReadOnlySpan<uint>)[s3, s2, s1, s0])
        {
            bits.Add(state - (1U << log), log);
        }

        return bits.Finish();
    }

    private static void EncodeGroups(
        ReadOnlySpan<byte> bytes, int place, ref uint one, ref uint two, ref uint three, ref uint four, ref PrependedBits destination,
        ref ByteTable.Step steps, ref ushort next)
    {
        ref var source = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), place);
        var (s0, s1, s2, s3) = (one, two, three, four);
        var bits = destination;
        for (var index = bytes.Length - Group; index >= 0; index -= Group)
        {
            // Joins the bits of four symbols before it waits for the previous four.
            ref var symbols = ref Unsafe.Add(ref source, index);
            var joined = Take(ref s3, Unsafe.Add(ref symbols, 3), ref steps, ref next, out var count);
            var other = Take(ref s2, Unsafe.Add(ref symbols, 2), ref steps, ref next, out var taken);
            (joined, count) = ((joined << taken) | other, count + taken);
            other = Take(ref s1, Unsafe.Add(ref symbols, 1), ref steps, ref next, out taken);
            (joined, count) = ((joined << taken) | other, count + taken);
            other = Take(ref s0, symbols, ref steps, ref next, out taken);
            bits.Add((joined << taken) | other, count + taken);
            bits.Flush();
        }

        (one, two, three, four) = (s0, s1, s2, s3);
        destination = bits;
    }

    /// <summary>Decodes both streams: the inverse of <see cref="Encode"/>.</summary>
    /// <returns>Whether both streams end with the bytes, in their initial states.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> one, ReadOnlySpan<byte> two, ByteTable table, int log, Span<byte> bytes)
    {
        if (one.Length == 0 || two.Length == 0 || one[0] == 0 || two[0] == 0)
        {
            return false;
        }

        ref var entries = ref table.Decoding;
        ref var target = ref MemoryMarshal.GetReference(bytes);
        ref var left = ref MemoryMarshal.GetReference(one);
        ref var right = ref MemoryMarshal.GetReference(two);
        Span<uint> states = stackalloc uint[Group];
        var (atLeft, atRight) = (Start(one, log, states[..PerStream]), Start(two, log, states[PerStream..]));
        var (s0, s1, s2, s3) = (states[0], states[1], states[2], states[3]);
        var (s4, s5, s6, s7) = (states[4], states[5], states[6], states[7]);

        // As long as eight bytes can be read from both.
        var (lastLeft, lastRight, index) = ((one.Length - sizeof(ulong)) * 8L, (two.Length - sizeof(ulong)) * 8L, 0);
        for (; index <= bytes.Length - Group && atLeft <= lastLeft && atRight <= lastRight; index += Group)
        {
            var (low, high) = (Peek(ref left, atLeft), Peek(ref right, atRight));
            ref var to = ref Unsafe.Add(ref target, index);
            var (e0, e4) = (Unsafe.Add(ref entries, s0), Unsafe.Add(ref entries, s4));
            s0 = Go(e0, ref low, ref to);
            s4 = Go(e4, ref high, ref Unsafe.Add(ref to, 4));
            var (e1, e5) = (Unsafe.Add(ref entries, s1), Unsafe.Add(ref entries, s5));
            s1 = Go(e1, ref low, ref Unsafe.Add(ref to, 1));
            s5 = Go(e5, ref high, ref Unsafe.Add(ref to, 5));
            var (e2, e6) = (Unsafe.Add(ref entries, s2), Unsafe.Add(ref entries, s6));
            s2 = Go(e2, ref low, ref Unsafe.Add(ref to, 2));
            s6 = Go(e6, ref high, ref Unsafe.Add(ref to, 6));
            var (e3, e7) = (Unsafe.Add(ref entries, s3), Unsafe.Add(ref entries, s7));
            s3 = Go(e3, ref low, ref Unsafe.Add(ref to, 3));
            s7 = Go(e7, ref high, ref Unsafe.Add(ref to, 7));

            // The lowest byte of each entry is the number of bits read: at most 44 in all.
            atLeft += (byte)(e0 + e1 + e2 + e3);
            atRight += (byte)(e4 + e5 + e6 + e7);
        }

        (states[0], states[1], states[2], states[3]) = (s0, s1, s2, s3);
        (states[4], states[5], states[6], states[7]) = (s4, s5, s6, s7);
        for (; index < bytes.Length; index++)
        {
            var slot = index & (Group - 1);
            var entry = Unsafe.Add(ref entries, states[slot]);
            var bits = slot < PerStream ? PeekNearEnd(one, atLeft) : PeekNearEnd(two, atRight);
            states[slot] = Go(entry, ref bits, ref bytes[index]);
            (atLeft, atRight) = slot < PerStream ? (atLeft + (byte)entry, atRight) : (atLeft, atRight + (byte)entry);
        }

        return atLeft == one.Length * 8L && atRight == two.Length * 8L && states.IndexOfAnyExcept(0U) < 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Take(ref uint state, byte symbol, ref ByteTable.Step steps, ref ushort next, out int taken)
    {
        ref var step = ref Unsafe.Add(ref steps, (nint)symbol);
        taken = step.BitsOf(state);
        var bits = Low(state, (uint)taken);
        state = Unsafe.Add(ref next, (nint)((state >> taken) + step.State));
        return bits;
    }

    // A stream starts with 0 bits and a 1, which align it to bytes, and its first states.
    private static long Start(ReadOnlySpan<byte> stream, int log, Span<uint> states)
    {
        var at = BitOperations.TrailingZeroCount(stream[0]) + 1L;
        for (var state = 0; state < states.Length; state++, at += log)
        {
            states[state] = (uint)Low(PeekNearEnd(stream, at), (ulong)log);
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Go(uint entry, ref ulong bits, ref byte symbol)
    {
        symbol = (byte)(entry >> 8);
        var state = (entry >> 16) + (uint)Low(bits, entry);
        bits >>= (int)entry;
        return state;
    }

    // The lowest bits; the lowest byte of the count is their number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Low(ulong bits, ulong count) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.ZeroHighBits(bits, count) : bits & ((1UL << (int)count) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Peek(ref byte stream, long at) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref stream, (nint)(at >> 3))) >> (int)(at & 7);

    private static ulong PeekNearEnd(ReadOnlySpan<byte> stream, long at)
    {
        var reader = new BitReader(stream);
        reader.Skip((int)at);
        return reader.Peek();
    }
}
