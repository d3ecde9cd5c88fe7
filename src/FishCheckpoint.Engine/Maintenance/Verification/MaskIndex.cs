using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Reads the indexes of a mask and of its values. If the mask's is damaged, the values are still compared with their checksums.
/// </summary>
internal static class MaskIndex
{
    public static ChunkEntry[] Begin(IFrame mask, IReadOnlyList<CheckedFrame> frames, Layout layout)
    {
        var (head, entries) = Read(mask, layout);
        foreach (var frame in frames)
        {
            frame.Begin(layout, (values, of) =>
                head is null ? ChunkIndex.ReadPlaces(values, of) : ChunkIndex.ReadValues(values, of, head, entries));
            if (head is null)
            {
                frame.StopDecoding();
            }
        }

        return entries;
    }

    public static int ChunksOf(IReadOnlyList<CheckedFrame> frames) => frames.Max(frame => frame.Entries.Length);

    private static (FrameHead? Head, ChunkEntry[] Entries) Read(IFrame mask, Layout layout)
    {
        try
        {
            var head = FrameHead.Parse(mask.Head);
            return (head, ChunkIndex.ReadMask(mask, head, layout));
        }
        catch (FishException)
        {
            return (null, []);
        }
    }
}
