namespace FishCheckpoint.Codec;

/// <summary>Byte planes: the first bytes of all units, then the second bytes, and so on. Bytes of one significance compress together.</summary>
public static class BytePlanes
{
    /// <summary>Splits units into planes.</summary>
    /// <param name="units">Units of <paramref name="unitSize"/> bytes.</param>
    /// <param name="unitSize">Bytes of a unit.</param>
    /// <param name="planes">As long as <paramref name="units"/>; plane after plane, the least significant first.</param>
    public static void Split(ReadOnlySpan<byte> units, int unitSize, Span<byte> planes)
    {
        var count = units.Length / unitSize;
        for (var plane = 0; plane < unitSize; plane++)
        {
            var target = planes.Slice(plane * count, count);
            for (int index = 0, source = plane; index < target.Length; index++, source += unitSize)
            {
                target[index] = units[source];
            }
        }
    }

    /// <summary>Joins planes to units: the mirror of <see cref="Split"/>.</summary>
    public static void Join(ReadOnlySpan<byte> planes, int unitSize, Span<byte> units)
    {
        var count = units.Length / unitSize;
        for (var plane = 0; plane < unitSize; plane++)
        {
            var source = planes.Slice(plane * count, count);
            for (int index = 0, target = plane; index < source.Length; index++, target += unitSize)
            {
                units[target] = source[index];
            }
        }
    }
}
