using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// The values that parents have at the positions of masks, of the last few saves: with a fixed mask a save then reads nothing of the base,
/// and costs what the mask costs and not what the model does. Safe for use by many callers at once.
/// </summary>
internal sealed class ParentCache(long capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Entry> entries = [];
    private long held;

    /// <summary>The longest values that are kept.</summary>
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
            held += values.Length;
            while (held > capacity)
            {
                held -= entries.Last!.Value.Values.Length;
                entries.RemoveLast();
            }
        }
    }

    private sealed record Entry(Digest Parent, Digest Mask, byte[] Values);
}
