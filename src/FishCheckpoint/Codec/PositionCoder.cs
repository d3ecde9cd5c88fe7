using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// The positions of a chunk (docs/reference/format/values.md, "Positions"): as independent gaps, as gaps conditioned on the previous one,
/// or row by row, whichever is shortest. Owns some working memory and shares the rest with its creator.
/// </summary>
/// <param name="magnitudes">Encodes gaps.</param>
/// <param name="raw">Space for the gaps of a full chunk as varints.</param>
internal sealed class PositionCoder(MagnitudeCoder magnitudes, byte[] raw)
{
    // A table for fewer positions would cost more than it saves.
    private const int MinPositions = 24;

    // Fewer positions do not fill the classes.
    private const int MinChained = 512;

    // If a mask has row structure, gaps conditioned on the previous gap are shorter by this factor; otherwise positions look random.
    private const double MaxRowRatio = 0.85;
    private const double WorthChaining = 0.99;

    private const byte Gaps = 4;
    private const byte ChainedGaps = 5;
    private const byte Rows = 6;

    private readonly ulong[] gaps = new ulong[DeltaChunk.Capacity];
    private readonly byte[] classes = new byte[DeltaChunk.Capacity];
    private readonly RowCoder rows = new();

    /// <summary>Encodes positions.</summary>
    /// <param name="positions">Strictly ascending; the frame's index has the first one, so it is not repeated.</param>
    /// <param name="options">Effort, and the compression of spans.</param>
    /// <param name="destination">Space for <see cref="ChunkCoder.MaxEncoded"/> bytes.</param>
    /// <param name="rowLength">Elements per row of the tensor (its last dimension); 0 if it has no rows.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<long> positions, CodecOptions options, Span<byte> destination, long rowLength)
    {
        if (options.Effort == CodecEffort.Runs || positions.Length < MinPositions)
        {
            return EncodeRun(positions, options, destination);
        }

        var numbers = gaps.AsSpan(0, positions.Length - 1);
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = (ulong)(positions[index + 1] - positions[index] - 1);
        }

        var alone = options.Effort == CodecEffort.Fast || numbers.Length < MinChained ? 0 : magnitudes.Estimate<ulong>(numbers);
        if (alone > 0 && rows.TryEncode(positions, rowLength, MaxRowRatio * alone, destination[1..]) is var byRows and > 0)
        {
            destination[0] = Rows;
            return 1 + byRows;
        }

        if (alone == 0 || magnitudes.Estimate<ulong>(numbers, chained: true) > WorthChaining * alone)
        {
            destination[0] = Gaps;
            return 1 + magnitudes.Encode<ulong>(numbers, signed: false, [], 1, destination[1..]);
        }

        classes[0] = 0;
        for (var index = 1; index < numbers.Length; index++)
        {
            classes[index] = MagnitudeCoder.ClassAfter(numbers[index - 1]);
        }

        destination[0] = ChainedGaps;
        return 1 + magnitudes.Encode<ulong>(numbers, signed: false, classes.AsSpan(0, numbers.Length), MagnitudeCoder.ClassesAfter,
            destination[1..]);
    }

    private int EncodeRun(ReadOnlySpan<long> positions, CodecOptions options, Span<byte> destination)
    {
        var length = 0;
        for (var index = 1; index < positions.Length; index++)
        {
            length += Varint.Write(raw.AsSpan(length), (ulong)(positions[index] - positions[index - 1] - 1));
        }

        return CompressedSpan.Write(options.Positions, options.Level, raw.AsSpan(0, length), destination, withLength: true);
    }

    /// <summary>Decodes positions: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="first">The first position.</param>
    /// <param name="last">The expected last position.</param>
    /// <param name="positions">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameTooLarge"/>.</exception>
    public void Decode(ReadOnlySpan<byte> source, long first, long last, Span<long> positions)
    {
        if (source.Length > 0 && source[0] == Rows)
        {
            if (!rows.TryDecode(source[1..], first, last, positions))
            {
                throw CompressedSpan.Corrupt("The rows do not match the first and last position.");
            }

            return;
        }

        if (source.Length > 0 && source[0] is Gaps or ChainedGaps)
        {
            DecodeGaps(source, first, last, positions);
            return;
        }

        var run = CompressedSpan.Read(ref source, decodedLength: null, maxLength: (positions.Length - 1) * Varint.MaxLength, raw);
        var position = first;
        positions[0] = first;
        for (var index = 1; index < positions.Length; index++)
        {
            // last <= long.MaxValue bounds every step, so a malicious gap cannot overflow.
            if (!Varint.TryRead(ref run, out var gap) || gap >= (ulong)(last - position))
            {
                throw CompressedSpan.Corrupt("The gaps do not lead to the last position.");
            }

            position += (long)gap + 1;
            positions[index] = position;
        }

        if (position != last || run.Length > 0 || source.Length > 0)
        {
            throw CompressedSpan.Corrupt("The gaps do not lead to the last position.");
        }
    }

    private void DecodeGaps(ReadOnlySpan<byte> source, long first, long last, Span<long> positions)
    {
        var numbers = gaps.AsSpan(0, positions.Length - 1);
        var read = source[0] == Gaps
            ? magnitudes.Decode(source[1..], signed: false, [], 1, numbers) : magnitudes.DecodeChained(source[1..], numbers);
        var position = positions[0] = first;
        for (var index = 0; index < numbers.Length && read >= 0; index++)
        {
            read = numbers[index] < (ulong)(last - position) ? read : -1;
            positions[index + 1] = position += (long)numbers[index] + 1;
        }

        if (read != source.Length - 1 || position != last)
        {
            throw CompressedSpan.Corrupt("The gaps do not lead to the last position.");
        }
    }
}
