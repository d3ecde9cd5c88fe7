using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Checks stored frames: reads each chunk and compares it with its checksum.</summary>
internal static class FrameCheck
{
    /// <summary>Whether every chunk of a stored mask matches its checksum.</summary>
    public static bool IsSoundMask(ICatalogView view, long id, Layout layout) =>
        IsSound(() => view.Frames.Open(id), stored => ChunkIndex.ReadMask(stored, FrameHead.Parse(stored.Head), layout));

    /// <summary>The frame of a stored mask, if every chunk matches its checksum.</summary>
    public static IFrame? OpenSoundMask(ICatalogView view, Digest mask, Layout layout)
    {
        IFrame? stored = null;
        return IsSound(() => stored = view.Frames.OpenMask(mask), frame => ChunkIndex.ReadMask(frame, FrameHead.Parse(frame.Head), layout))
            ? stored : null;
    }

    /// <summary>Whether every chunk of stored values matches its checksum.</summary>
    public static bool IsSoundValues(ICatalogView view, long id, IFrame mask, Layout layout) =>
        IsSoundValues(() => view.Frames.Open(id), mask, layout);

    /// <summary>Whether every chunk of values matches its checksum.</summary>
    public static bool IsSoundValues(Func<IFrame> open, IFrame mask, Layout layout) => IsSound(open, stored =>
    {
        var head = FrameHead.Parse(mask.Head);
        return ChunkIndex.ReadValues(stored, FrameHead.Parse(stored.Head), head, ChunkIndex.ReadMask(mask, head, layout));
    });

    /// <summary>Whether every chunk of a stored frame of blocks matches its checksum.</summary>
    public static bool IsSoundBlocks(ICatalogView view, long id, Layout layout) =>
        IsSound(() => view.Frames.Open(id), stored => ChunkIndex.ReadBlocks(stored, FrameHead.Parse(stored.Head), layout));

    /// <summary>Whether every chunk of stored bytes matches its checksum.</summary>
    public static bool IsSoundBytes(ICatalogView view, long id) =>
        IsSound(() => view.Frames.Open(id), stored => ChunkIndex.ReadBytes(stored, FrameHead.Parse(stored.Head)));

    private static bool IsSound(Func<IFrame?> open, Func<IFrame, ChunkEntry[]> readIndex)
    {
        try
        {
            if (open() is not { } stored)
            {
                return false;
            }

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
