using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Writes bits from last to first, in the order in which states of asymmetric numeral systems emit them: the last written is read first.
/// </summary>
/// <param name="destination">Overwritten from its end; eight bytes longer than the output.</param>
internal ref struct BackwardBitWriter(Span<byte> destination)
{
    /// <summary>The most bits in one <see cref="Write"/>.</summary>
    public const int MaxBits = 56;

    private readonly Span<byte> destination = destination;
    private ulong pending;
    private int filled;
    private int start = destination.Length;

    /// <summary>The offset of the first bit in the destination; the bits extend to its end.</summary>
    public readonly int Start => (8 * start) - filled;

    /// <summary>Prepends the low bits of a number whose other bits are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong value, int bits)
    {
        pending = (pending << bits) | value;
        filled += bits;
        Unsafe.WriteUnaligned(ref destination.Slice(start - sizeof(ulong), sizeof(ulong))[0], pending << (64 - filled));
        start -= filled >> 3;
        filled &= 7;
        pending &= (1UL << filled) - 1;
    }

    /// <summary>Prepends up to 64 bits: the inverse of <see cref="BitReader.ReadLong"/>.</summary>
    public void WriteLong(ulong value, int bits)
    {
        if (bits > MaxBits)
        {
            Write(value >> 32, bits - 32);
            (value, bits) = (value & uint.MaxValue, 32);
        }

        Write(value, bits);
    }

    /// <summary>Copies the written bits to another writer.</summary>
    /// <param name="writer">The other writer.</param>
    /// <param name="bytes">The destination of the written bits.</param>
    /// <param name="start">The offset of the first bit (<see cref="Start"/>).</param>
    public static void Append(ref BitWriter writer, ReadOnlySpan<byte> bytes, int start)
    {
        var to = writer;
        var reader = new BitReader(bytes);
        reader.Skip(start);
        var rest = (8 * bytes.Length) - start;
        for (; rest >= BitWriter.MaxBits; rest -= BitWriter.MaxBits)
        {
            to.Write(reader.Read(BitWriter.MaxBits), BitWriter.MaxBits);
        }

        to.Write(reader.Read(rest), rest);
        writer = to;
    }
}
