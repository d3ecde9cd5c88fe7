using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes and decodes the two halves of a chunk: its positions and its mapped values (docs/FORMAT.md, "Chunks"). Holds the working memory;
/// not safe for use by two threads at once.
/// </summary>
public sealed class ChunkCoder
{
    /// <summary>The longest encoding of a chunk's half, in bytes.</summary>
    public const int MaxEncoded = MaxGaps + 64;

    private const int MaxGaps = DeltaChunk.Capacity * Varint.MaxLength;
    private const int MaxValues = DeltaChunk.Capacity * sizeof(ulong);

    private readonly byte[] raw = new byte[Math.Max(MaxGaps, MaxValues)];

    /// <summary>Encodes positions as gaps: one byte of compression, and for a compressed run its decoded length, before the run.</summary>
    /// <param name="positions">Strictly ascending; the first one stands in the frame's index and is not repeated.</param>
    /// <param name="options">Compression and level.</param>
    /// <param name="destination">Room of <see cref="MaxEncoded"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int EncodePositions(ReadOnlySpan<long> positions, CodecOptions options, Span<byte> destination)
    {
        var length = 0;
        for (var index = 1; index < positions.Length; index++)
        {
            length += Varint.Write(raw.AsSpan(length), (ulong)(positions[index] - positions[index - 1] - 1));
        }

        return WriteRun(options.Positions, options.Level, raw.AsSpan(0, length), destination, withLength: true);
    }

    /// <summary>Decodes positions: the mirror of <see cref="EncodePositions"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="first">The first position.</param>
    /// <param name="last">The last position, checked.</param>
    /// <param name="positions">Filled entirely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameTooLarge"/>.</exception>
    public void DecodePositions(ReadOnlySpan<byte> source, long first, long last, Span<long> positions)
    {
        var gaps = ReadRun(ref source, decodedLength: null, maxLength: (positions.Length - 1) * Varint.MaxLength, raw);
        var position = first;
        positions[0] = first;
        for (var index = 1; index < positions.Length; index++)
        {
            // last <= long.MaxValue bounds every step, so a hostile gap cannot wrap around.
            if (!Varint.TryRead(ref gaps, out var gap) || gap >= (ulong)(last - position))
            {
                throw Corrupt("The gaps do not lead to the last position.");
            }

            position += (long)gap + 1;
            positions[index] = position;
        }

        if (position != last || gaps.Length > 0 || source.Length > 0)
        {
            throw Corrupt("The gaps do not lead to the last position.");
        }
    }

    /// <summary>Encodes mapped values: the map's number, then each byte plane as a run.</summary>
    /// <param name="map">The map that was applied.</param>
    /// <param name="mapped">The mapped values.</param>
    /// <param name="unitSize">Bytes of a value.</param>
    /// <param name="options">Compression and level.</param>
    /// <param name="destination">Room of <see cref="MaxEncoded"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int EncodeValues(ValueMap map, ReadOnlySpan<byte> mapped, int unitSize, CodecOptions options, Span<byte> destination)
    {
        BytePlanes.Split(mapped, unitSize, raw);
        destination[0] = (byte)map;
        var length = 1;
        var count = mapped.Length / unitSize;
        for (var plane = 0; plane < unitSize; plane++)
        {
            length += WriteRun(options.Values, options.Level, raw.AsSpan(plane * count, count), destination[length..], withLength: false);
        }

        return length;
    }

    /// <summary>Decodes mapped values: the mirror of <see cref="EncodeValues"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="unitSize">Bytes of a value.</param>
    /// <param name="mapped">Filled entirely.</param>
    /// <returns>The map to be undone.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public ValueMap DecodeValues(ReadOnlySpan<byte> source, int unitSize, Span<byte> mapped)
    {
        if (source.Length == 0 || source[0] > (byte)ValueMap.Xor)
        {
            throw Corrupt("The map of the values is not known.");
        }

        var map = (ValueMap)source[0];
        source = source[1..];
        var count = mapped.Length / unitSize;
        for (var plane = 0; plane < unitSize; plane++)
        {
            ReadRun(ref source, decodedLength: count, maxLength: count, raw.AsSpan(plane * count, count));
        }

        if (source.Length > 0)
        {
            throw Corrupt("Bytes follow the last plane.");
        }

        BytePlanes.Join(raw.AsSpan(0, mapped.Length), unitSize, mapped);
        return map;
    }

    /// <summary>Encodes plain bytes, as of a trainer state, as one run.</summary>
    public static int EncodeBytes(ReadOnlySpan<byte> bytes, CodecOptions options, Span<byte> destination) =>
        WriteRun(options.Values, options.Level, bytes, destination, withLength: false);

    /// <summary>Decodes plain bytes: the mirror of <see cref="EncodeBytes"/>.</summary>
    public static void DecodeBytes(ReadOnlySpan<byte> source, Span<byte> bytes)
    {
        ReadRun(ref source, bytes.Length, bytes.Length, bytes);
        if (source.Length > 0)
        {
            throw Corrupt("Bytes follow the run.");
        }
    }

    // A run: compression u8, encoded length varint, [decoded length varint, where the reader cannot know it], the encoded bytes.
    private static int WriteRun(Compression compression, int level, ReadOnlySpan<byte> run, Span<byte> destination, bool withLength)
    {
        var room = run.Length + (3 * Varint.MaxLength);
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(room);
        var used = Compressor.Compress(compression, level, run, rented, out var encoded);
        destination[0] = (byte)used;
        var length = 1 + Varint.Write(destination[1..], (ulong)encoded);
        if (withLength)
        {
            length += Varint.Write(destination[length..], (ulong)run.Length);
        }

        rented.AsSpan(0, encoded).CopyTo(destination[length..]);
        System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        return length + encoded;
    }

    private static ReadOnlySpan<byte> ReadRun(ref ReadOnlySpan<byte> source, int? decodedLength, int maxLength, Span<byte> destination)
    {
        if (source.Length == 0 || source[0] > (byte)Compression.Brotli)
        {
            throw Corrupt("The compression of a run is not known.");
        }

        var compression = (Compression)source[0];
        source = source[1..];
        if (!Varint.TryRead(ref source, out var encoded) || encoded > (ulong)source.Length)
        {
            // The length of the run, or after it the decoded length, is missing or leads past the chunk.
            throw Corrupt("A run is longer than its chunk.");
        }

        var decoded = (ulong)(decodedLength ?? 0);
        if (decodedLength is null && !Varint.TryRead(ref source, out decoded))
        {
            throw Corrupt("A run is longer than its chunk.");
        }

        if (decoded > (ulong)maxLength)
        {
            throw new FishException(
                ErrorCode.FrameTooLarge, "chunk", $"A run declares {decoded} decoded bytes where at most {maxLength} are possible.",
                "The frame is hostile or damaged; nothing was decoded.");
        }

        if (encoded > (ulong)source.Length)
        {
            throw Corrupt("A run is longer than its chunk.");
        }

        var target = destination[..(int)decoded];
        Compressor.Decompress(compression, source[..(int)encoded], target);
        source = source[(int)encoded..];
        return target;
    }

    private static FishException Corrupt(string cause) =>
        new(ErrorCode.CorruptFrame, "chunk", cause, "The frame is damaged or hostile; send it again.");
}
