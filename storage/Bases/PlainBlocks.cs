using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Side files in blocks, as their checksums count them.</summary>
internal static class PlainBlocks
{
    public static IEnumerable<long> Of(long length)
    {
        for (var block = 0L; block * Blocks.Size < length; block++)
        {
            yield return block;
        }
    }

    public static byte[] Read(SafeFileHandle handle, long block, long length, string name)
    {
        var bytes = new byte[Math.Min(Blocks.Size, length - (block * Blocks.Size))];
        PositionalFile.ReadExactly(handle, block * Blocks.Size, bytes, name);
        return bytes;
    }
}
