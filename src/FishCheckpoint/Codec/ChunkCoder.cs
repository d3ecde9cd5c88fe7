using System.Buffers;
using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes and decodes the two halves of a chunk: positions and mapped values (docs/reference/format/values.md). Owns working memory; not
/// thread-safe.
/// </summary>
internal sealed class ChunkCoder
{
    /// <summary>The longest encoding of half a chunk, in bytes.</summary>
    public const int MaxEncoded = MaxGaps + 64;

    private const int MaxGaps = DeltaChunk.Capacity * Varint.MaxLength;
    private const int MaxValues = DeltaChunk.Capacity * sizeof(ulong);

    private const byte PlanesOfFour = 4;
    private const byte Planes = 0;
    private const byte Numbers = 1;
    private const byte Prefixes = 2;

    // Shared by both halves, one at a time.
    private readonly byte[] raw = new byte[Math.Max(MaxGaps, MaxValues)];
    private readonly byte[] distancesOfPredicted = new byte[MaxValues];
    private readonly MagnitudeCoder magnitudes = new();
    private readonly PrefixCoder prefixes = new();
    private readonly BlockClasses predictedClasses = new();
    private readonly PositionCoder positionCoder;
    private readonly ChunkPlanes planes;

    /// <summary>Allocates the working memory.</summary>
    public ChunkCoder() => (positionCoder, planes) = (new PositionCoder(magnitudes, raw), new ChunkPlanes(raw));

    /// <summary>Encodes positions as gaps or row by row.</summary>
    /// <param name="positions">Strictly ascending; the frame's index has the first one, so it is not repeated.</param>
    /// <param name="options">Effort, and the compression of spans.</param>
    /// <param name="destination">Space for <see cref="MaxEncoded"/> bytes.</param>
    /// <param name="rowLength">Elements per row of the tensor (its last dimension); 0 if it has no rows.</param>
    /// <returns>Bytes written.</returns>
    public int EncodePositions(ReadOnlySpan<long> positions, CodecOptions options, Span<byte> destination, long rowLength = 0) =>
        positionCoder.Encode(positions, options, destination, rowLength);

    /// <summary>Decodes positions: the inverse of <see cref="EncodePositions"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="first">The first position.</param>
    /// <param name="last">The expected last position.</param>
    /// <param name="positions">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameTooLarge"/>.</exception>
    public void DecodePositions(ReadOnlySpan<byte> source, long first, long last, Span<long> positions) =>
        positionCoder.Decode(source, first, last, positions);

    /// <summary>
    /// Encodes mapped values: the map's number, for distances their form, then byte planes as spans or the distances as numbers.
    /// </summary>
    /// <param name="map">The map of the values.</param>
    /// <param name="mapped">The mapped values.</param>
    /// <param name="unitSize">Bytes per value.</param>
    /// <param name="options">Effort, and the compression of planes.</param>
    /// <param name="destination">Space for <see cref="MaxEncoded"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int EncodeValues(ValueMap map, ReadOnlySpan<byte> mapped, int unitSize, CodecOptions options, Span<byte> destination)
    {
        destination[0] = (byte)map;
        if (map != ValueMap.Distance)
        {
            return 1 + planes.Encode(mapped, unitSize, options, destination[1..]);
        }

        if (options.Effort != CodecEffort.Fast)
        {
            destination[1] = Numbers;
            var length = EncodeNumbers(mapped, unitSize, [], 1, destination[2..]);
            if (length <= mapped.Length)
            {
                return 2 + length;
            }
        }

        return 1 + EncodeQuickly(mapped, unitSize, options, destination[1..]);
    }

    /// <summary>Decodes mapped values: the inverse of <see cref="EncodeValues"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="unitSize">Bytes per value.</param>
    /// <param name="mapped">Filled completely.</param>
    /// <returns>The map to invert.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public ValueMap DecodeValues(ReadOnlySpan<byte> source, int unitSize, Span<byte> mapped)
    {
        if (source.Length == 0 || source[0] > (byte)ValueMap.Distance)
        {
            throw Corrupt("The values have an unknown map.");
        }

        var map = (ValueMap)source[0];
        source = source[1..];
        if (map == ValueMap.Distance)
        {
            if (source.Length == 0 || source[0] > Prefixes)
            {
                throw Corrupt("The distances have an unknown form.");
            }

            var form = source[0];
            source = source[1..];
            if (form == Numbers)
            {
                DecodeNumbers(source, unitSize, [], 1, mapped);
                return map;
            }

            if (form == Prefixes)
            {
                DecodePrefixes(source, unitSize, mapped);
                return map;
            }
        }

        planes.Decode(source, unitSize, mapped);
        return map;
    }

    /// <summary>Encodes values as distances from predictions.</summary>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="move">The extrapolation of the prediction (<see cref="EarlierValues.Predict"/>).</param>
    /// <param name="predicted">The predicted values.</param>
    /// <param name="values">The values.</param>
    /// <param name="options">Effort, and the compression of planes.</param>
    /// <param name="destination">Space for <see cref="MaxEncoded"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    internal int EncodePredicted(
        DType type, byte move, ReadOnlySpan<byte> predicted, ReadOnlySpan<byte> values, CodecOptions options, Span<byte> destination)
    {
        var unit = DTypes.UnitSizeOf(type);
        var distances = distancesOfPredicted.AsSpan(0, values.Length);
        Ulp.Distances(type, predicted, values, distances);
        (destination[0], destination[1]) = ((byte)ValueMap.Predicted, move);
        if (options.Effort >= CodecEffort.Small)
        {
            predictedClasses.Choose(type, predicted);
            (destination[2], destination[3], destination[4]) = (Numbers, (byte)predictedClasses.First, (byte)predictedClasses.Count);
            var length = EncodeNumbers(distances, unit, predictedClasses.All, predictedClasses.Count, destination[5..]);
            if (length < values.Length)
            {
                return 5 + length;
            }
        }

        return 2 + EncodeQuickly(distances, unit, options, destination[2..]);
    }

    /// <summary>The extrapolation with which a chunk's values were predicted.</summary>
    internal static byte MoveOf(ReadOnlySpan<byte> source) => source.Length > 5 && source[0] == (byte)ValueMap.Predicted
        && EarlierValues.Moves.Contains(source[1])
        ? source[1] : throw Corrupt("The values are not predicted from an earlier checkpoint.");

    /// <summary>Decodes values: the inverse of <see cref="EncodePredicted"/>.</summary>
    /// <param name="source">The encoded bytes, as passed to <see cref="MoveOf"/>.</param>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="predicted">The predicted values.</param>
    /// <param name="values">Filled.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    internal void DecodePredicted(ReadOnlySpan<byte> source, DType type, ReadOnlySpan<byte> predicted, Span<byte> values)
    {
        if (source[2] > Prefixes || (source[2] == Numbers && source[4] is 0 or > ClassSplit.MaxClasses))
        {
            throw Corrupt("The distances have an unknown form.");
        }

        var (unit, distances) = (DTypes.UnitSizeOf(type), distancesOfPredicted.AsMemory(0, values.Length));
        if (source[2] == Planes)
        {
            planes.Decode(source[3..], unit, distances.Span);
        }
        else if (source[2] == Prefixes)
        {
            DecodePrefixes(source[3..], unit, distances.Span);
        }
        else
        {
            predictedClasses.Take(type, predicted, source[3], source[4]);
            DecodeNumbers(source[5..], unit, predictedClasses.All, predictedClasses.Count, distances.Span);
        }

        Ulp.Apply(type, predicted, distances.Span, values);
    }

    private int EncodeNumbers(ReadOnlySpan<byte> mapped, int unitSize, ReadOnlySpan<byte> of, int classCount, Span<byte> destination) =>
        unitSize switch
    {
        1 => magnitudes.Encode(mapped, signed: true, of, classCount, destination),
        2 => magnitudes.Encode(MemoryMarshal.Cast<byte, ushort>(mapped), signed: true, of, classCount, destination),
        4 => magnitudes.Encode(MemoryMarshal.Cast<byte, uint>(mapped), signed: true, of, classCount, destination),
        _ => magnitudes.Encode(MemoryMarshal.Cast<byte, ulong>(mapped), signed: true, of, classCount, destination),
    };

    private void DecodeNumbers(ReadOnlySpan<byte> source, int unitSize, ReadOnlySpan<byte> of, int classCount, Span<byte> mapped)
    {
        var read = unitSize switch
        {
            1 => magnitudes.Decode(source, signed: true, of, classCount, mapped),
            2 => magnitudes.Decode(source, signed: true, of, classCount, MemoryMarshal.Cast<byte, ushort>(mapped)),
            4 => magnitudes.Decode(source, signed: true, of, classCount, MemoryMarshal.Cast<byte, uint>(mapped)),
            _ => magnitudes.Decode(source, signed: true, of, classCount, MemoryMarshal.Cast<byte, ulong>(mapped)),
        };
        if (read != source.Length)
        {
            throw Corrupt("The distances do not end with their chunk.");
        }
    }

    // With a leading form: 32-bit distances as magnitudes if these are unevenly distributed, else as planes.
    private int EncodeQuickly(ReadOnlySpan<byte> distances, int unitSize, CodecOptions options, Span<byte> destination)
    {
        if (options.Effort == CodecEffort.Fast && unitSize == sizeof(uint)
            && prefixes.TryEncode(MemoryMarshal.Cast<byte, uint>(distances), destination[1..]) is var length and > 0)
        {
            destination[0] = Prefixes;
            return 1 + length;
        }

        destination[0] = Planes;
        return 1 + planes.Encode(distances, unitSize, options, destination[1..]);
    }

    private void DecodePrefixes(ReadOnlySpan<byte> source, int unitSize, Span<byte> distances)
    {
        if (unitSize != sizeof(uint) || !prefixes.TryDecode(source, MemoryMarshal.Cast<byte, uint>(distances)))
        {
            throw Corrupt("The prefix codes do not match the number of distances.");
        }
    }

    /// <summary>
    /// Encodes plain bytes, such as a trainer state: as one span, or as the planes of four-byte words if the low bytes are incompressible.
    /// </summary>
    public static int EncodeBytes(ReadOnlySpan<byte> bytes, CodecOptions options, Span<byte> destination)
    {
        if (options.Effort == CodecEffort.Runs || bytes.Length % sizeof(float) != 0 || bytes.Length < 1 << 12)
        {
            return CompressedSpan.Write(options.Values, options.Level, bytes, destination, withLength: false);
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytes.Length);
        try
        {
            var (planes, count) = (rented.AsMemory(0, bytes.Length), bytes.Length / sizeof(float));
            BytePlanes.Split(bytes, sizeof(float), planes.Span);
            if (!Compressibility.IsNoise(planes.Span[..count]))
            {
                return CompressedSpan.Write(options.Values, options.Level, bytes, destination, withLength: false);
            }

            destination[0] = PlanesOfFour;
            var length = 1;
            for (var plane = 0; plane < sizeof(float); plane++)
            {
                length += CompressedSpan.Write(options.Values, options.Level, planes.Span.Slice(plane * count, count),
                    destination[length..], withLength: false);
            }

            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Decodes plain bytes: the inverse of <see cref="EncodeBytes"/>.</summary>
    public static void DecodeBytes(ReadOnlySpan<byte> source, Span<byte> bytes)
    {
        if (source.Length > 0 && source[0] == PlanesOfFour && bytes.Length % sizeof(float) == 0)
        {
            var rented = ArrayPool<byte>.Shared.Rent(bytes.Length);
            try
            {
                var (planes, count) = (rented.AsMemory(0, bytes.Length), bytes.Length / sizeof(float));
                source = source[1..];
                for (var plane = 0; plane < sizeof(float); plane++)
                {
                    CompressedSpan.Read(ref source, count, count, planes.Span.Slice(plane * count, count));
                }

                BytePlanes.Join(planes.Span, sizeof(float), bytes);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
        else
        {
            CompressedSpan.Read(ref source, bytes.Length, bytes.Length, bytes);
        }

        if (source.Length > 0)
        {
            throw Corrupt("The chunk has bytes after its span.");
        }
    }

    private static FishException Corrupt(string cause) => CompressedSpan.Corrupt(cause);
}
