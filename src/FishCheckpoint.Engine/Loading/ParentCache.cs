using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// Caches parents' values at the positions of masks, for the last few saves. A save with a fixed mask then reads nothing of the base, and
/// costs as much as the mask instead of the model. Thread-safe.
/// </summary>
internal sealed class ParentCache(long capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Entry> entries = [];
    private long used;

    /// <summary>The most bytes of values that one entry may have.</summary>
    public long Longest => capacity / 2;

    public byte[]? Find(Digest parent, Digest mask)
    {
        lock (gate)
        {
            for (var node = entries.First; node is not null; node = node.Next)
            {
                if (node.Value.Parent == parent && node.Value.Mask == mask)
                {
                    entries.Remove(node);
                    entries.AddFirst(node);
                    return node.Value.Values;
                }
            }

            return null;
        }
    }

    public void Add(Digest parent, Digest mask, byte[] values)
    {
        lock (gate)
        {
            entries.AddFirst(new Entry(parent, mask, values));
            used += values.Length;
            while (used > capacity)
            {
                used -= entries.Last!.Value.Values.Length;
                entries.RemoveLast();
            }
        }
    }

    private sealed record Entry(Digest Parent, Digest Mask, byte[] Values);
}
