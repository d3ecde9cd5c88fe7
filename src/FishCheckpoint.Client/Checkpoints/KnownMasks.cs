using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>
/// The last few masks that the server acknowledged; a trainer uses one or a few. It keeps the header of each mask's frame, which is enough
/// to encode values without encoding the positions again. Safe for concurrent callers.
/// </summary>
internal sealed class KnownMasks
{
    private const int Capacity = 64;

    private readonly Lock gate = new();
    private readonly List<(Digest Mask, IFrame Frame)> masks = [];

    /// <summary>The header of a mask's frame, without positions; <see langword="null"/> if the server may not have the mask.</summary>
    public IFrame? Find(Digest mask)
    {
        lock (gate)
        {
            return masks.Find(known => known.Mask == mask).Frame;
        }
    }

    /// <summary>Records that the server acknowledged a mask.</summary>
    public void Add(Digest mask, IFrame frame)
    {
        lock (gate)
        {
            masks.RemoveAll(known => known.Mask == mask);
            masks.Add((mask, new HeadAlone(frame.Head.ToArray())));
            if (masks.Count > Capacity)
            {
                masks.RemoveAt(0);
            }
        }
    }

    public void Remove(Digest mask)
    {
        lock (gate)
        {
            masks.RemoveAll(known => known.Mask == mask);
        }
    }

    private sealed class HeadAlone(byte[] head) : IFrame
    {
        public ReadOnlyMemory<byte> Head => head;

        public long PayloadLength => 0;

        public void ReadPayload(long offset, Span<byte> destination) =>
            throw new NotSupportedException("Only the header of this mask is available.");
    }
}
