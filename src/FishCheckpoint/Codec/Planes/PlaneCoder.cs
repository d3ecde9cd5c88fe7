using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes one byte plane in its cheapest form (docs/reference/format/blocks.md, "Byte planes of units"). Incompressible planes, such as
/// mantissas, are detected from a sample and copied. Not thread-safe.
/// </summary>
internal sealed class PlaneCoder
{
    /// <summary>The most bytes of an encoding in addition to the plane.</summary>
    public const int Overhead = 1;

    // The sample that shows repetition; shorter planes do not justify a compressor's overhead.
    private const int Sample = 1 << 14;
    private const int Least = 64;

    private readonly ByteCounts counts = new();
    private readonly ByteCoder coder = new();
    private readonly byte[] tried = new byte[Sample];

    /// <summary>Encodes a plane.</summary>
    /// <param name="plane">Any bytes.</param>
    /// <param name="destination">Space for the plane and <see cref="Overhead"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<byte> plane, Span<byte> destination)
    {
        var body = destination.Slice(Overhead, plane.Length);
        if (plane.Length > 1 && plane.IndexOfAnyExcept(plane[0]) < 0)
        {
            (destination[0], body[0]) = ((byte)PlaneForm.Same, plane[0]);
            return Overhead + 1;
        }

        if (plane.Length >= Least && !Compressibility.IsNoise(plane))
        {
            var compression = Repeats(plane);
            var symbols = counts.Count(plane);
            var room = Math.Min(symbols, plane.Length) - Varint.MaxLength;
            if (compression != Compression.Stored && Compressed(compression, plane, body, room) is var length and > 0)
            {
                destination[0] = (byte)compression;
                return Overhead + length;
            }

            // Savings below 1% are not worth the decoding time.
            if (symbols < plane.Length - (plane.Length / 100) && coder.Encode(plane, counts.All, body[..^1]) is var taken and > 0)
            {
                destination[0] = (byte)PlaneForm.Symbols;
                return Overhead + taken;
            }
        }

        destination[0] = (byte)PlaneForm.Stored;
        plane.CopyTo(body);
        return Overhead + plane.Length;
    }

    /// <summary>Decodes a plane: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoding and more; advanced past the encoding.</param>
    /// <param name="plane">Filled completely.</param>
    /// <returns>Whether this is a valid encoding of that many bytes.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public bool TryDecode(ref ReadOnlySpan<byte> source, Span<byte> plane)
    {
        if (source.Length == 0)
        {
            return false;
        }

        var form = (PlaneForm)source[0];
        source = source[1..];
        switch (form)
        {
            case PlaneForm.Symbols: return coder.TryDecode(ref source, plane);
            case PlaneForm.Same: return TryFill(ref source, plane);
            case > PlaneForm.Same: return false;
        }

        var length = (ulong)plane.Length;
        if ((form != PlaneForm.Stored && !Varint.TryRead(ref source, out length)) || length > (ulong)source.Length)
        {
            return false;
        }

        Compressor.Decompress((Compression)form, source[..(int)length], plane);
        source = source[(int)length..];
        return true;
    }

    /// <summary>Estimates the encoded length of a plane from the entropy of its bytes.</summary>
    public int Estimate(ReadOnlySpan<byte> plane) => Math.Min(plane.Length, counts.Count(plane)) + Overhead;

    private static bool TryFill(ref ReadOnlySpan<byte> source, Span<byte> plane)
    {
        if (source.Length == 0)
        {
            return false;
        }

        plane.Fill(source[0]);
        source = source[1..];
        return true;
    }

    // Finds a compressor that shrinks a sample much below its entropy; the savings must be large, because it is slower.
    private Compression Repeats(ReadOnlySpan<byte> plane)
    {
        var sample = plane.Slice((plane.Length - Math.Min(plane.Length, Sample)) / 2, Math.Min(plane.Length, Sample));
        var best = Math.Min(counts.Count(sample), sample.Length);
        var least = best - (best / 16) - 16;
        if (least <= 0 || !Zstd.TryCompress(sample, tried.AsSpan(0, least), 1, out var length))
        {
            return Compression.Stored;
        }

        // At similar length, prefers the compressor that decodes faster.
        least = Math.Min(least, length + (length / 16));
        return Lz4.TryCompress(sample, tried.AsSpan(0, least), 1, out _) ? Compression.Lz4 : Compression.Zstd;
    }

    private static int Compressed(Compression compression, ReadOnlySpan<byte> plane, Span<byte> destination, int room)
    {
        if (room <= 0)
        {
            return 0;
        }

        var target = destination.Slice(Varint.MaxLength, room);
        var shrunk = compression == Compression.Lz4
            ? Lz4.TryCompress(plane, target, 1, out var length) : Zstd.TryCompress(plane, target, 1, out length);
        if (!shrunk)
        {
            return 0;
        }

        var head = Varint.Write(destination, (ulong)length);
        target[..length].CopyTo(destination[head..]);
        return head + length;
    }
}
