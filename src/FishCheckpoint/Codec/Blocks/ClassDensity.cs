namespace FishCheckpoint.Codec;

/// <summary>
/// How densely the units of a class have changed: what is listed of them, changed or unchanged, and with which parameter
/// (docs/reference/format/blocks.md, "Positions by density"). All lie on one line, from none changed to all changed: what is small changes
/// most, and neighbouring classes lie about an octave apart.
/// </summary>
internal readonly struct ClassDensity
{
    // As many parameters as an octave has.
    private const int Octave = 4;

    private readonly int place;

    private ClassDensity(int place) => this.place = place;

    /// <summary>What is expected of the first class.</summary>
    public static ClassDensity Even => default;

    /// <summary>What is expected of the class that follows.</summary>
    public ClassDensity Next => ListsNothing ? this : new ClassDensity(Math.Min(place + Octave, RankCoder.Count));

    /// <summary>Whether it is the unchanged units that are listed.</summary>
    public bool ListsUnchanged => place < 0;

    /// <summary>Whether none is listed: all are alike.</summary>
    public bool ListsNothing => Index == RankCoder.Count;

    /// <summary>The parameter of the list.</summary>
    public int Parameter => ListsNothing ? 0 : Index;

    private int Index => place < 0 ? -1 - place : place;

    /// <summary>The density of a class.</summary>
    /// <param name="changed">Changed units.</param>
    /// <param name="size">All units.</param>
    public static ClassDensity Of(int changed, int size)
    {
        var unchanged = changed > size / 2;
        var listed = unchanged ? size - changed : changed;
        var index = listed <= 0 ? RankCoder.Count : RankCoder.ParameterFor(listed, size);
        return new ClassDensity(unchanged ? -1 - index : index);
    }

    /// <summary>Writes a density, given what was expected.</summary>
    public static void Write(ref BitWriter writer, ClassDensity density, ClassDensity expected) =>
        WriteStep(ref writer, density.place - expected.place);

    /// <summary>Reads a density: the mirror of <see cref="Write"/>. What no writer writes comes back as one that lists nothing.</summary>
    public static ClassDensity Read(ref BitReader reader, ClassDensity expected) =>
        new(Math.Clamp(expected.place + ReadStep(ref reader), -1 - RankCoder.Count, RankCoder.Count));

    /// <summary>Writes a difference: its zigzag in Elias' gamma code, its lowest bit apart.</summary>
    public static void WriteStep(ref BitWriter writer, int difference)
    {
        var zigzag = (difference << 1) ^ (difference >> 31);
        SymbolCounts.WriteNumber(ref writer, zigzag >> 1);
        writer.Write((ulong)zigzag & 1, 1);
    }

    /// <summary>Reads a difference: the mirror of <see cref="WriteStep"/>.</summary>
    public static int ReadStep(ref BitReader reader)
    {
        var zigzag = (SymbolCounts.ReadNumber(ref reader) << 1) | (int)reader.Read(1);
        return (zigzag >> 1) ^ -(zigzag & 1);
    }
}
