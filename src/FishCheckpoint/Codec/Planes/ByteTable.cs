using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// A table of an asymmetric numeral system over bytes (Duda 2009), laid out so that each step loads one word. Rebuilt in place for each
/// use.
/// </summary>
internal sealed class ByteTable
{
    /// <summary>The most bits per state: the bits of four states fit in one unaligned read of eight bytes.</summary>
    public const int MaxLog = 11;

    /// <summary>The fewest bits per state.</summary>
    public const int MinLog = 6;

    private const int Symbols = 256;

    private readonly uint[] decoding = new uint[1 << MaxLog];
    private readonly ushort[] encoding = new ushort[1 << MaxLog];
    private readonly Step[] steps = new Step[Symbols];
    private readonly byte[] spread = new byte[1 << MaxLog];
    private readonly int[] next = new int[Symbols];

    /// <summary>
    /// Per state, from the lowest byte: bits to read (8), symbol (8), the next state's base (16). A state is below 2^log.
    /// </summary>
    public ref uint Decoding => ref MemoryMarshal.GetArrayDataReference(decoding);

    /// <summary>Per symbol: the bits that its states emit and their successors.</summary>
    public ref Step Steps => ref MemoryMarshal.GetArrayDataReference(steps);

    /// <summary>The successor states, from 2^log to twice that.</summary>
    public ref ushort Encoding => ref MemoryMarshal.GetArrayDataReference(encoding);

    /// <summary>Prepares the table for decoding.</summary>
    /// <param name="counts">The number of states of each byte value; their sum is 2^<paramref name="log"/>.</param>
    /// <param name="log">Bits per state.</param>
    public void BuildDecoding(ReadOnlySpan<short> counts, int log)
    {
        Spread(counts, log);
        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            next[symbol] = counts[symbol];
        }

        var size = 1 << log;
        for (var state = 0; state < size; state++)
        {
            var symbol = spread[state];
            var number = next[symbol]++;
            var bits = log - BitOperations.Log2((uint)number);
            decoding[state] = (uint)bits | ((uint)symbol << 8) | ((uint)((number << bits) - size) << 16);
        }
    }

    /// <summary>Prepares the table for encoding: the inverse of <see cref="BuildDecoding"/>.</summary>
    public void BuildEncoding(ReadOnlySpan<short> counts, int log)
    {
        Spread(counts, log);
        var (size, sum) = (1 << log, 0);
        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            if (counts[symbol] is var count and > 0)
            {
                var bits = log - BitOperations.Log2((uint)Math.Max(1, count - 1));
                steps[symbol] = new Step((uint)((bits << 16) - (count << bits)), (uint)(sum - count));
                next[symbol] = sum;
                sum += count;
            }
        }

        for (var state = 0; state < size; state++)
        {
            encoding[next[spread[state]]++] = (ushort)(size + state);
        }
    }

    private void Spread(ReadOnlySpan<short> counts, int log)
    {
        var size = 1 << log;
        var (step, place) = ((size >> 1) + (size >> 3) + 3, 0);
        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            for (var index = 0; index < counts[symbol]; index++)
            {
                spread[place] = (byte)symbol;
                place = (place + step) & (size - 1);
            }
        }
    }

    /// <summary>The effect of a symbol on a state.</summary>
    /// <param name="Bits">Added to a state, its upper 16 bits are the number of bits to emit.</param>
    /// <param name="State">Added to the rest of a state, modulo 2^32, it is the index of the successor.</param>
    internal readonly record struct Step(uint Bits, uint State)
    {
        /// <summary>The number of low bits that a state emits.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int BitsOf(uint state) => (int)((state + Bits) >> 16);
    }
}
