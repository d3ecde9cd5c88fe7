using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The fixed header and the digests of a frame, version 1 (docs/reference/format/container.md, "Head").</summary>
/// <remarks>Digests by kind. Mask: layout, mask. Values and Blocks: layout, mask, parent state, values. Bytes: content.</remarks>
public sealed class FrameHead
{
    /// <summary>Bytes in the fixed header.</summary>
    public const int FixedLength = 32;

    /// <summary>The version that this program writes.</summary>
    public const int Version = 1;

    private const int CrcOffset = 28;

    internal FrameHead(FrameKind kind, Digest[] digests, int chunks, long count, ReadOnlyMemory<byte> index)
    {
        (Kind, Digests, Chunks, Count, Index) = (kind, digests, chunks, count, index);
    }

    /// <summary>The first bytes of every frame.</summary>
    public static ReadOnlySpan<byte> Magic => "FISHFRAM"u8;

    /// <summary>The kind of content.</summary>
    public FrameKind Kind { get; }

    /// <summary>Identities, depending on the kind.</summary>
    public IReadOnlyList<Digest> Digests { get; }

    /// <summary>The number of chunks.</summary>
    public int Chunks { get; }

    /// <summary>Positions of a mask or values; bytes of a trainer state.</summary>
    public long Count { get; }

    /// <summary>The encoded index of the chunks.</summary>
    public ReadOnlyMemory<byte> Index { get; }

    /// <summary>Bytes in the whole head.</summary>
    public int Length => FixedLength + (Digests.Count * Digest.Size) + Index.Length;

    /// <summary>The number of digests of a kind.</summary>
    public static int DigestsOf(FrameKind kind) => kind switch { FrameKind.Mask => 2, FrameKind.Values or FrameKind.Blocks => 4, _ => 1 };

    /// <summary>Encodes the head as a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), Version);
        bytes[10] = (byte)Kind;
        bytes[11] = (byte)Digests.Count;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Chunks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), Index.Length);
        for (var digest = 0; digest < Digests.Count; digest++)
        {
            Digests[digest].ToArray().CopyTo(bytes, FixedLength + (digest * Digest.Size));
        }

        Index.Span.CopyTo(bytes.AsSpan(Length - Index.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CrcOffset), Checksum(bytes));
        return bytes;
    }

    /// <summary>Reads and bounds the length of a head from its fixed part, before more is read or allocated.</summary>
    /// <param name="fixedPart">The first <see cref="FixedLength"/> bytes.</param>
    /// <param name="available">The number of available bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FrameInvalid"/>, <see cref="ErrorCode.FrameTooLarge"/>,
    /// <see cref="ErrorCode.BodyTruncated"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> fixedPart, long available)
    {
        if (fixedPart.Length == 0 || !fixedPart.StartsWith(Magic[..Math.Min(Magic.Length, fixedPart.Length)]))
        {
            throw Fail(ErrorCode.FrameInvalid, "The bytes do not start with a frame's magic number.");
        }

        if (fixedPart.Length < FixedLength)
        {
            throw Fail(ErrorCode.BodyTruncated, $"A frame ends after {fixedPart.Length} bytes of its head.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[8..]);
        if (version != Version)
        {
            throw Fail(ErrorCode.FrameInvalid, $"The frame has version {version}; this program reads version {Version}.");
        }

        var (kind, digests) = ((FrameKind)fixedPart[10], fixedPart[11]);
        if (kind is < FrameKind.Mask or > FrameKind.Blocks || digests != DigestsOf(kind))
        {
            throw Fail(ErrorCode.FrameInvalid, $"The frame's kind {(byte)kind} with {digests} digests is unknown.");
        }

        var (chunks, count) =
            (BinaryPrimitives.ReadInt32LittleEndian(fixedPart[12..]), BinaryPrimitives.ReadInt64LittleEndian(fixedPart[16..]));
        var index = BinaryPrimitives.ReadInt32LittleEndian(fixedPart[24..]);
        var shortest = (long)chunks * ChunkIndex.MinEntryOf(kind);
        if (chunks < 0 || chunks > count || (chunks == 0 && count > 0) || index < shortest || index > (long)chunks * ChunkIndex.MaxEntry)
        {
            throw Fail(ErrorCode.FrameTooLarge,
                $"The frame declares {chunks} chunks, {count} values and an index of {index} bytes, which is impossible.");
        }

        var length = FixedLength + (digests * Digest.Size) + (long)index;
        if (length > Array.MaxLength)
        {
            throw Fail(ErrorCode.FrameTooLarge, $"The frame's head has {length} bytes, which exceeds the limit.");
        }

        return length <= available ? (int)length
            : throw Fail(ErrorCode.BodyTruncated, $"The frame's head has {length} bytes, but only {available} are available.");
    }

    /// <summary>Parses and checks a head: the inverse of <see cref="ToArray"/>.</summary>
    /// <param name="bytes">Starts with the head; later bytes are ignored. Not copied.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, or an error of <see cref="ReadLength"/>.</exception>
    public static FrameHead Parse(ReadOnlyMemory<byte> bytes)
    {
        var length = ReadLength(bytes.Span[..Math.Min(FixedLength, bytes.Length)], bytes.Length);
        bytes = bytes[..length];
        if (Checksum(bytes.Span) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[CrcOffset..]))
        {
            throw Fail(ErrorCode.CorruptFrame, "The head's checksum does not match.");
        }

        var digests = new Digest[bytes.Span[11]];
        for (var digest = 0; digest < digests.Length; digest++)
        {
            digests[digest] = Digest.From(bytes.Span.Slice(FixedLength + (digest * Digest.Size), Digest.Size));
        }

        return new FrameHead(
            (FrameKind)bytes.Span[10], digests, BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[16..]), bytes[(FixedLength + (digests.Length * Digest.Size))..]);
    }

    private static uint Checksum(ReadOnlySpan<byte> head) => Crc32C.Append(Crc32C.Compute(head[..CrcOffset]), head[FixedLength..]);

    private static FishException Fail(ErrorCode code, string cause) => new(code, "frame", cause, "Send the complete frame again.");
}
