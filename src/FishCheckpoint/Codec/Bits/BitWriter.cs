using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Writes bits, least significant first, into a buffer that is eight bytes longer than the output.</summary>
/// <param name="destination">Overwritten.</param>
internal ref struct BitWriter(Span<byte> destination)
{
    /// <summary>The most bits in one <see cref="Write"/>.</summary>
    public const int MaxBits = 56;

    private readonly Span<byte> destination = destination;
    private ulong pending;
    private int filled;
    private int written;

    /// <summary>The number of bytes written, including partial ones.</summary>
    public readonly int Length => written + ((filled + 7) >> 3);

    /// <summary>Appends the low bits of a number whose other bits are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong value, int bits)
    {
        pending |= value << filled;
        filled += bits;
        Unsafe.WriteUnaligned(ref destination.Slice(written, sizeof(ulong))[0], pending);
        var bytes = filled >> 3;
        written += bytes;
        pending >>= bytes << 3;
        filled &= 7;
    }

    /// <summary>Appends up to 64 bits.</summary>
    public void WriteLong(ulong value, int bits)
    {
        if (bits > MaxBits)
        {
            Write(value & uint.MaxValue, 32);
            (value, bits) = (value >> 32, bits - 32);
        }

        Write(value, bits);
    }

    /// <summary>Appends a number of 0 bits, then a 1.</summary>
    public void WriteUnary(long zeros)
    {
        for (; zeros >= MaxBits; zeros -= MaxBits)
        {
            Write(0, MaxBits);
        }

        Write(1UL << (int)zeros, (int)zeros + 1);
    }
}
