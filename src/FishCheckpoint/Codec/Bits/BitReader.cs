using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Reads bits, the least significant first. Past the end come zeros: who reads asks <see cref="Overrun"/> when done.</summary>
/// <param name="source">The bytes.</param>
internal ref struct BitReader(ReadOnlySpan<byte> source)
{
    /// <summary>The bits of a <see cref="Peek"/> that count.</summary>
    public const int Most = 56;

    private readonly ReadOnlySpan<byte> source = source;

    /// <summary>Bits read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Whether more was read than there is.</summary>
    public readonly bool Overrun => Position > 8L * source.Length;

    /// <summary>Bytes begun so far.</summary>
    public readonly int Length => (int)((Position + 7) >> 3);

    /// <summary>The next bits, at least <see cref="Most"/> of them, without moving on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Peek()
    {
        var offset = (int)(Position >> 3);
        return (offset <= source.Length - sizeof(ulong)
            ? Unsafe.ReadUnaligned<ulong>(in source[offset]) : Tail(offset)) >> (int)(Position & 7);
    }

    /// <summary>Moves on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int bits) => Position += bits;

    /// <summary>Reads up to <see cref="Most"/> bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(int bits)
    {
        var value = Peek() & ((1UL << bits) - 1);
        Position += bits;
        return value;
    }

    /// <summary>Reads up to 64 bits: the mirror of <see cref="BitWriter.WriteLong"/>.</summary>
    public ulong ReadLong(int bits)
    {
        if (bits <= Most)
        {
            return Read(bits);
        }

        var low = Read(32);
        return low | (Read(bits - 32) << 32);
    }

    /// <summary>Reads 0 bits up to a 1: the mirror of <see cref="BitWriter.WriteUnary"/>.</summary>
    /// <returns>How many there were; <see cref="long.MaxValue"/> where the bytes end before a 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadUnary()
    {
        var zeros = BitOperations.TrailingZeroCount(Peek());
        if (zeros < Most)
        {
            Position += zeros + 1;
            return zeros;
        }

        return ReadLongUnary();
    }

    private long ReadLongUnary()
    {
        for (var total = 0L; !Overrun;)
        {
            var zeros = BitOperations.TrailingZeroCount(Peek());
            if (zeros < Most)
            {
                Position += zeros + 1;
                return total + zeros;
            }

            total += Most;
            Position += Most;
        }

        return long.MaxValue;
    }

    private readonly ulong Tail(int offset)
    {
        var value = 0UL;
        for (var index = Math.Max(0, offset); index < source.Length; index++)
        {
            value |= (ulong)source[index] << (8 * (index - offset));
        }

        return value;
    }
}
