using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Classes of the units of a parent's block, by exponent; rare exponents at both ends are merged. Owns working memory.</summary>
internal sealed class BlockClasses
{
    // The cost of a class: its density, the end of its list, and a part of a table.
    private const int ClassBits = 20;
    private const int Rarest = 8192;

    private readonly int[] histogram = new int[256];
    private readonly int[] changed = new int[256];
    private readonly byte[] classes = new byte[Blocks.Size + ClassSplit.Word];

    /// <summary>The exponent of class 0.</summary>
    public int First { get; private set; }

    /// <summary>The number of classes.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>The class of each unit, padded to whole words of 64 units with an unused class.</summary>
    public ReadOnlySpan<byte> Padded => classes.AsSpan(0, (Units + ClassSplit.Word - 1) & -ClassSplit.Word);

    /// <summary>The class of each unit; empty if there is one class.</summary>
    public ReadOnlySpan<byte> All => Count == 1 ? [] : classes.AsSpan(0, Units);

    /// <summary>The number of units.</summary>
    public int Units { get; private set; }

    /// <summary>Chooses classes for a block and its changed units.</summary>
    public void Choose(DType type, ReadOnlySpan<byte> parent, ReadOnlySpan<int> positions)
    {
        var rule = new ExponentRule(type);
        var exponents = Read(rule, parent);
        Array.Clear(histogram);
        Array.Clear(changed);

        // A sample of the units suffices to count exponents.
        var every = exponents.Length > 1 << 14 ? 5 : 1;
        Span<int> others = stackalloc int[histogram.Length];
        others.Clear();
        var index = 0;
        for (; index < exponents.Length - every; index += 2 * every)
        {
            histogram[exponents[index]]++;
            others[exponents[index + every]]++;
        }

        if (index < exponents.Length)
        {
            histogram[exponents[index]]++;
        }

        for (var exponent = 0; exponent < others.Length; exponent++)
        {
            histogram[exponent] = every * (histogram[exponent] + others[exponent]);
        }

        others.Clear();
        for (index = 0; index < positions.Length - 1; index += 2)
        {
            changed[exponents[positions[index]]]++;
            others[exponents[positions[index + 1]]]++;
        }

        if (index < positions.Length)
        {
            changed[exponents[positions[index]]]++;
        }

        for (var exponent = 0; exponent < others.Length; exponent++)
        {
            changed[exponent] += others[exponent];
        }

        var (first, last) = (histogram.AsSpan().IndexOfAnyExcept(0), histogram.AsSpan().LastIndexOfAnyExcept(0));
        if (rule.Any && last > first)
        {
            first = Rare(first);
            last = Math.Max(first, Merge(last, first, -1));
        }

        Split(Math.Max(first, last - ClassSplit.MaxClasses + 1), Math.Clamp(last - first + 1, 1, ClassSplit.MaxClasses));
    }

    /// <summary>Chooses classes for units that have all changed.</summary>
    public void Choose(DType type, ReadOnlySpan<byte> units)
    {
        var exponents = Read(new ExponentRule(type), units);
        Array.Clear(histogram);
        foreach (var exponent in exponents)
        {
            histogram[exponent]++;
        }

        var (first, last) = (histogram.AsSpan().IndexOfAnyExcept(0), histogram.AsSpan().LastIndexOfAnyExcept(0));
        Split(Math.Max(first, last - ClassSplit.MaxClasses + 1), Math.Min(last - first + 1, ClassSplit.MaxClasses));
    }

    /// <summary>Sets the chosen classes.</summary>
    public void Take(DType type, ReadOnlySpan<byte> parent, int first, int count)
    {
        if (count == 1)
        {
            (Units, First, Count) = (parent.Length / DTypes.UnitSizeOf(type), first, 1);
            classes.AsSpan(0, Units).Clear();
            Pad();
            return;
        }

        Read(new ExponentRule(type), parent);
        Split(first, count);
    }

    /// <summary>Removes the units of unchanged rows from all classes.</summary>
    public void Exclude(ActiveRows rows) => rows.Exclude(classes.AsSpan(0, Units));

    private Span<byte> Read(ExponentRule rule, ReadOnlySpan<byte> parent)
    {
        Units = parent.Length / rule.UnitSize;
        var exponents = classes.AsSpan(0, Units);
        rule.Read(parent, exponents);
        return exponents;
    }

    // The first exponent that is not rare. Below it, distances vary too much to be predicted.
    private int Rare(int first)
    {
        for (var sum = histogram[first]; sum <= Units / Rarest; sum += histogram[first])
        {
            first++;
        }

        return first;
    }

    // Merges exponents at one end as long as that takes fewer bits than a separate class.
    private int Merge(int from, int to, int direction)
    {
        var (units, steps) = (histogram[from], changed[from]);
        while (from != to)
        {
            var next = from + direction;
            var (joinedUnits, joinedSteps) = (units + histogram[next], steps + changed[next]);
            if (Bits(joinedUnits, joinedSteps) > Bits(units, steps) + Bits(histogram[next], changed[next]) + ClassBits)
            {
                break;
            }

            (from, units, steps) = (next, joinedUnits, joinedSteps);
        }

        return from;
    }

    private static double Bits(int units, int steps)
    {
        var all = Math.Max(units, steps);
        return steps == 0 || steps == all ? 0
            : (all * Math.Log2(all)) - (steps * Math.Log2(steps)) - ((all - steps) * Math.Log2(all - steps));
    }

    private void Split(int first, int count)
    {
        (First, Count) = (first, count);
        ClassSplit.ToClasses(classes.AsSpan(0, Units), first, count);
        Pad();
    }

    private void Pad() => classes.AsSpan(Units, ((Units + ClassSplit.Word - 1) & -ClassSplit.Word) - Units).Fill(byte.MaxValue);
}
