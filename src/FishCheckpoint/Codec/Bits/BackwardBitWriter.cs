using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Writes bits from the last to the first, as the states of asymmetric numeral systems give them up: what is written last is read
/// first.</summary>
/// <param name="destination">Overwritten from its end on; eight bytes more than will be written.</param>
internal ref struct BackwardBitWriter(Span<byte> destination)
{
    /// <summary>The most bits of one <see cref="Write"/>.</summary>
    public const int Most = 56;

    private readonly Span<byte> destination = destination;
    private ulong pending;
    private int filled;
    private int start = destination.Length;

    /// <summary>Where the bits begin, in bits of the destination; they go on to its end.</summary>
    public readonly int Start => (8 * start) - filled;

    /// <summary>Puts the low bits of a number, whose other bits are 0, before all others.</summary>
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

    /// <summary>Puts up to 64 bits before all others: the mirror of <see cref="BitReader.ReadLong"/>.</summary>
    public void WriteLong(ulong value, int bits)
    {
        if (bits > Most)
        {
            Write(value >> 32, bits - 32);
            (value, bits) = (value & uint.MaxValue, 32);
        }

        Write(value, bits);
    }

    /// <summary>Appends bits that were written.</summary>
    /// <param name="writer">Receives them.</param>
    /// <param name="bytes">The destination that they were written to, to its end.</param>
    /// <param name="start">Where they begin (<see cref="Start"/>).</param>
    public static void Append(ref BitWriter writer, ReadOnlySpan<byte> bytes, int start)
    {
        var to = writer;
        var reader = new BitReader(bytes);
        reader.Skip(start);
        var rest = (8 * bytes.Length) - start;
        for (; rest >= BitWriter.Most; rest -= BitWriter.Most)
        {
            to.Write(reader.Read(BitWriter.Most), BitWriter.Most);
        }

        to.Write(reader.Read(rest), rest);
        writer = to;
    }
}
