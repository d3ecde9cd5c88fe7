using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The classes of the units of a parent's block: by exponent, the rare ones at both ends together. Holds the working memory.</summary>
internal sealed class BlockClasses
{
    // A class of fewer units than this part of the block costs more than it tells.
    private const int Rarest = 2048;

    private readonly int[] histogram = new int[256];
    private readonly byte[] classes = new byte[Blocks.Size + ClassSplit.Word];

    /// <summary>The exponent of class 0.</summary>
    public int First { get; private set; }

    /// <summary>The number of classes.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>The class of each unit, padded to whole words of 64 units with a class that does not exist.</summary>
    public ReadOnlySpan<byte> Padded => classes.AsSpan(0, (Units + ClassSplit.Word - 1) & -ClassSplit.Word);

    /// <summary>The number of units.</summary>
    public int Units { get; private set; }

    /// <summary>Finds classes that suit a block.</summary>
    public void Choose(DType type, ReadOnlySpan<byte> parent)
    {
        var exponents = Read(new ExponentRule(type), parent);
        Array.Clear(histogram);

        // A part of the units tells where the rare ones begin.
        var every = exponents.Length > 1 << 14 ? 5 : 1;
        var seen = 0;
        for (var index = 0; index < exponents.Length; index += every, seen++)
        {
            histogram[exponents[index]]++;
        }

        var (first, last) = (End(0, 1, seen), End(255, -1, seen));
        Split(Math.Max(first, last - ClassSplit.MaxClasses + 1), Math.Clamp(last - first + 1, 1, ClassSplit.MaxClasses));
    }

    /// <summary>Takes the classes that were chosen.</summary>
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

    private Span<byte> Read(ExponentRule rule, ReadOnlySpan<byte> parent)
    {
        Units = parent.Length / rule.UnitSize;
        var exponents = classes.AsSpan(0, Units);
        rule.Read(parent, exponents);
        return exponents;
    }

    // The first exponent from an end that is not rare.
    private int End(int exponent, int direction, int seen)
    {
        for (var sum = histogram[exponent]; sum <= seen / Rarest; sum += histogram[exponent])
        {
            exponent += direction;
        }

        return exponent;
    }

    private void Split(int first, int count)
    {
        (First, Count) = (first, count);
        ClassSplit.ToClasses(classes.AsSpan(0, Units), first, count);
        Pad();
    }

    private void Pad() => classes.AsSpan(Units, ((Units + ClassSplit.Word - 1) & -ClassSplit.Word) - Units).Fill(byte.MaxValue);
}
