using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Reads bits, least significant first. Past the end it reads zeros; callers check <see cref="Overrun"/> when done.</summary>
/// <param name="source">The bytes.</param>
internal ref struct BitReader(ReadOnlySpan<byte> source)
{
    /// <summary>The number of valid bits in a <see cref="Peek"/>.</summary>
    public const int MaxBits = 56;

    private readonly ReadOnlySpan<byte> source = source;

    /// <summary>The number of bits read.</summary>
    public long Position { get; private set; }

    /// <summary>Whether more bits were read than exist.</summary>
    public readonly bool Overrun => Position > 8L * source.Length;

    /// <summary>The number of bytes read, including partial ones.</summary>
    public readonly int Length => (int)((Position + 7) >> 3);

    /// <summary>The next bits, at least <see cref="MaxBits"/>, without advancing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Peek()
    {
        var offset = (int)(Position >> 3);
        return (offset <= source.Length - sizeof(ulong)
            ? Unsafe.ReadUnaligned<ulong>(in source[offset]) : Tail(offset)) >> (int)(Position & 7);
    }

    /// <summary>Advances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int bits) => Position += bits;

    /// <summary>Reads up to <see cref="MaxBits"/> bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(int bits)
    {
        var value = Peek() & ((1UL << bits) - 1);
        Position += bits;
        return value;
    }

    /// <summary>Reads up to 64 bits: the inverse of <see cref="BitWriter.WriteLong"/>.</summary>
    public ulong ReadLong(int bits)
    {
        if (bits <= MaxBits)
        {
            return Read(bits);
        }

        var low = Read(32);
        return low | (Read(bits - 32) << 32);
    }

    /// <summary>Reads 0 bits up to a 1: the inverse of <see cref="BitWriter.WriteUnary"/>.</summary>
    /// <returns>The number of 0 bits; <see cref="long.MaxValue"/> if the bytes end before a 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadUnary()
    {
        var zeros = BitOperations.TrailingZeroCount(Peek());
        if (zeros < MaxBits)
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
            if (zeros < MaxBits)
            {
                Position += zeros + 1;
                return total + zeros;
            }

            total += MaxBits;
            Position += MaxBits;
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
