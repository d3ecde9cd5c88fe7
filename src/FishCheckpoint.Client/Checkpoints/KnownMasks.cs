using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The masks that the server is known to hold: the last few, as a trainer uses one or a few. Safe for use by many callers at once.</summary>
internal sealed class KnownMasks
{
    private const int Capacity = 64;

    private readonly Lock gate = new();
    private readonly List<Digest> masks = [];

    public bool Contains(Digest mask)
    {
        lock (gate)
        {
            return masks.Contains(mask);
        }
    }

    public void Add(Digest mask)
    {
        lock (gate)
        {
            masks.Remove(mask);
            masks.Add(mask);
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
            masks.Remove(mask);
        }
    }
}
