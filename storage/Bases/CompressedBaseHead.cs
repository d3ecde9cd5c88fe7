using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// The head of a compressed base's file: the position of each block (docs/reference/format/container.md, "Compressed bases").
/// </summary>
internal static class CompressedBaseHead
{
    /// <summary>Bytes before the model's header.</summary>
    public const int FixedLength = 20;

    /// <summary>The version that is written and read.</summary>
    public const uint Version = 1;

    private const int ChecksumLength = sizeof(uint);

    /// <summary>The first bytes of the file. A safetensors file starts with a length, and these bytes exceed any limit for it.</summary>
    public static ReadOnlySpan<byte> Magic => "FISHBASE"u8;

    /// <summary>The number of blocks over all tensors of a file.</summary>
    public static int BlocksOf(SafetensorsHeader header) => checked((int)header.Tensors.Sum(tensor => Blocks.CountOf(tensor.Info)));

    /// <summary>Bytes of the head; the first block follows.</summary>
    public static int LengthOf(SafetensorsHeader header) =>
        checked((int)(FixedLength + header.DataStart + (4L * BlocksOf(header)) + ChecksumLength));

    /// <summary>Encodes the head.</summary>
    public static byte[] Write(SafetensorsHeader header, ReadOnlySpan<int> lengths)
    {
        var (bytes, start) = (new byte[LengthOf(header)], FixedLength + (int)header.DataStart);
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), (int)header.DataStart);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), lengths.Length);
        header.ToFileBytes().CopyTo(bytes.AsSpan(FixedLength));
        for (var block = 0; block < lengths.Length; block++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(start + (4 * block)), lengths[block]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(^ChecksumLength..), Crc32C.Compute(bytes.AsSpan(..^ChecksumLength)));
        return bytes;
    }

    /// <summary>Decodes the result of <see cref="Write"/>.</summary>
    /// <param name="bytes">The head, of <see cref="LengthOf"/> bytes.</param>
    /// <param name="header">The expected header.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <param name="path">The file's name in errors.</param>
    /// <returns>The start of each block, and the end of the last.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptBase"/>.</exception>
    public static long[] Read(ReadOnlySpan<byte> bytes, SafetensorsHeader header, long fileLength, string path)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is var version && version != Version)
        {
            throw Damaged(path, $"its version is {version} instead of {Version}");
        }

        if (Crc32C.Compute(bytes[..^ChecksumLength]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumLength..]))
        {
            throw Damaged(path, "its head does not match its checksum");
        }

        var (start, offsets) = (FixedLength + (int)header.DataStart, new long[BlocksOf(header) + 1]);
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) != header.DataStart
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]) != offsets.Length - 1
            || !bytes[FixedLength..start].SequenceEqual(header.ToFileBytes()))
        {
            throw Damaged(path, "its header differs from the stored one");
        }

        offsets[0] = bytes.Length;
        for (var block = 0; block < offsets.Length - 1; block++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[(start + (4 * block))..]);
            if (length is < 1 or > Blocks.Size + UnitCoder.Overhead)
            {
                throw Damaged(path, $"its block {block} cannot have {length} bytes");
            }

            offsets[block + 1] = offsets[block] + length;
        }

        return offsets[^1] == fileLength ? offsets : throw Damaged(path, $"it has {fileLength} bytes instead of {offsets[^1]}");
    }

    private static FishException Damaged(string path, string what) => new(
        ErrorCode.CorruptBase, path, $"The base's file is damaged: {what}.", "Add the base again from its source to repair it.");
}
