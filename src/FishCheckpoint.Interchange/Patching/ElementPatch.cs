using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>New values of some elements.</summary>
/// <param name="key">The version, for errors.</param>
/// <param name="info">The tensor.</param>
/// <param name="count">The number of changed elements.</param>
/// <param name="next">Reads the next position.</param>
/// <param name="values">The new values, one after another.</param>
internal sealed class ElementPatch(string key, TensorInfo info, long count, Func<long> next, RegionReader values) : TensorPatch
{
    private readonly int size = info.UnitSize;
    private long position = -1;
    private long left = count;
    private bool peeked;

    public override void Apply(Span<byte> block, long offset)
    {
        var origin = offset / size;
        var limit = origin + (block.Length / size);
        while (Peek() && position < limit)
        {
            values.Read(block.Slice((int)(position - origin) * size, size));
            (peeked, left) = (false, left - 1);
        }
    }

    // A position beyond the tensor is refused at once.
    public override void Finish() => Peek();

    public override void Dispose()
    {
    }

    private bool Peek()
    {
        if (peeked || left == 0)
        {
            return peeked;
        }

        var before = position;
        position = next();
        peeked = true;
        if (position < 0 || position >= info.Units)
        {
            throw PositionOrder.OutOfRange(key, position, info.Units);
        }

        return position > before ? true : throw PositionOrder.Fail(key, position, before);
    }
}
