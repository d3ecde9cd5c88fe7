using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Frames;

/// <summary>Puts a fresh frame in the place of a stored one that is damaged: who sends the same content again mends what there is of it.</summary>
internal static class FrameMender
{
    /// <summary>Whether every chunk of a stored mask has its checksum.</summary>
    public static bool IsSoundMask(CatalogConnection connection, long id, Layout layout) =>
        IsSound(connection, id, stored => ChunkIndex.ReadMask(stored, FrameHead.Parse(stored.Head), layout));

    /// <summary>Whether every chunk of stored values has its checksum.</summary>
    public static bool IsSoundValues(CatalogConnection connection, long id, IFrame mask, Layout layout) => IsSound(connection, id, stored =>
    {
        var head = FrameHead.Parse(mask.Head);
        return ChunkIndex.ReadValues(stored, FrameHead.Parse(stored.Head), head, ChunkIndex.ReadMask(mask, head, layout));
    });

    /// <summary>Whether every chunk of a stored frame of blocks has its checksum.</summary>
    public static bool IsSoundBlocks(CatalogConnection connection, long id, Layout layout) =>
        IsSound(connection, id, stored => ChunkIndex.ReadBlocks(stored, FrameHead.Parse(stored.Head), layout));

    /// <summary>Whether every chunk of stored bytes has its checksum.</summary>
    public static bool IsSoundBytes(CatalogConnection connection, long id) =>
        IsSound(connection, id, stored => ChunkIndex.ReadBytes(stored, FrameHead.Parse(stored.Head)));

    private static bool IsSound(CatalogConnection connection, long id, Func<IFrame, ChunkEntry[]> readIndex)
    {
        try
        {
            var stored = FrameTable.Open(connection, id);
            var buffer = Array.Empty<byte>();
            foreach (var entry in readIndex(stored))
            {
                buffer = buffer.Length < entry.Length ? new byte[entry.Length] : buffer;
                ChunkIndex.ReadChunk(stored, entry, buffer);
            }

            return true;
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return false;
        }
    }
}
