using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>
/// The masks that the server is known to hold: the last few, as a trainer uses one or a few. Of each the head of its frame is kept, which
/// is enough to encode values on it: its positions are not encoded again. Safe for use by many callers at once.
/// </summary>
internal sealed class KnownMasks
{
    private const int Capacity = 64;

    private readonly Lock gate = new();
    private readonly List<(Digest Mask, IFrame Frame)> masks = [];

    /// <summary>
    /// The head of a mask's frame, without its positions; <see langword="null"/> when the server is not known to hold the mask.
    /// </summary>
    public IFrame? Find(Digest mask)
    {
        lock (gate)
        {
            return masks.Find(known => known.Mask == mask).Frame;
        }
    }

    /// <summary>Takes note that the server has answered for a mask.</summary>
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
            throw new NotSupportedException("Only the head of this mask is here.");
    }
}
