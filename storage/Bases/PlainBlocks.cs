using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Reads side files in blocks with checksums.</summary>
internal static class PlainBlocks
{
    public static IEnumerable<long> Of(long length)
    {
        for (var block = 0L; block * Blocks.Size < length; block++)
        {
            yield return block;
        }
    }

    /// <summary>Reads a range of a file block by block, and verifies each checksum.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptBase"/>.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadChecked(string path, BaseFile file, long offset, long length)
    {
        using var handle = Open(path);
        for (var end = offset + length; offset < end;)
        {
            var block = offset / Blocks.Size;
            var bytes = Read(handle, block, file.Bytes, path);
            if (Crc32C.Compute(bytes) != file.Crcs[block])
            {
                throw Damaged(path, $"Block {block} does not match its checksum.");
            }

            var part = bytes.AsMemory((int)(offset % Blocks.Size));
            part = part[..(int)Math.Min(part.Length, end - offset)];
            yield return part;
            offset += part.Length;
        }
    }

    public static byte[] Read(SafeFileHandle handle, long block, long length, string name)
    {
        var bytes = new byte[Math.Min(Blocks.Size, length - (block * Blocks.Size))];
        PositionalFile.ReadExactly(handle, block * Blocks.Size, bytes, name);
        return bytes;
    }

    private static SafeFileHandle Open(string path)
    {
        try
        {
            return PositionalFile.Open(path);
        }
        catch (IOException error)
        {
            throw Damaged(path, $"The base's file cannot be read: {error.Message}", error);
        }
    }

    private static FishException Damaged(string path, string cause, Exception? inner = null) =>
        new(ErrorCode.CorruptBase, path, cause, "Add the base again from its source to repair it.", inner);
}
