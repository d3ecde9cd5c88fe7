namespace FishCheckpoint.Codec;

/// <summary>
/// The density of changed units in a class: which units are listed (changed or unchanged), and with which parameter
/// (docs/reference/format/blocks.md, "Positions by density"). Densities form one scale from "none changed" to "all changed". Small values
/// change most, and neighboring classes differ by about an octave.
/// </summary>
internal readonly struct ClassDensity
{
    // The number of parameters in an octave.
    private const int Octave = 4;

    private readonly int place;

    private ClassDensity(int place) => this.place = place;

    /// <summary>The expected density of the first class.</summary>
    public static ClassDensity Even => default;

    /// <summary>The expected density of the next class.</summary>
    public ClassDensity Next => ListsNothing ? this : new ClassDensity(Math.Min(place + Octave, RankCoder.Count));

    /// <summary>Whether the unchanged units are listed.</summary>
    public bool ListsUnchanged => place < 0;

    /// <summary>Whether no units are listed because all are alike.</summary>
    public bool ListsNothing => Index == RankCoder.Count;

    /// <summary>The parameter of the list.</summary>
    public int Parameter => ListsNothing ? 0 : Index;

    private int Index => place < 0 ? -1 - place : place;

    /// <summary>The density of a class.</summary>
    /// <param name="changed">The number of changed units.</param>
    /// <param name="size">The number of all units.</param>
    public static ClassDensity Of(int changed, int size)
    {
        var unchanged = changed > size / 2;
        var listed = unchanged ? size - changed : changed;
        var index = listed <= 0 ? RankCoder.Count : RankCoder.ParameterFor(listed, size);
        return new ClassDensity(unchanged ? -1 - index : index);
    }

    /// <summary>Writes a density relative to the expected one.</summary>
    public static void Write(ref BitWriter writer, ClassDensity density, ClassDensity expected) =>
        WriteStep(ref writer, density.place - expected.place);

    /// <summary>Reads a density: the inverse of <see cref="Write"/>. An invalid one becomes one that lists nothing.</summary>
    public static ClassDensity Read(ref BitReader reader, ClassDensity expected) =>
        new(Math.Clamp(expected.place + ReadStep(ref reader), -1 - RankCoder.Count, RankCoder.Count));

    /// <summary>Writes a difference: its zigzag code in Elias gamma code, with the lowest bit separate.</summary>
    public static void WriteStep(ref BitWriter writer, int difference)
    {
        var zigzag = (difference << 1) ^ (difference >> 31);
        SymbolCounts.WriteNumber(ref writer, zigzag >> 1);
        writer.Write((ulong)zigzag & 1, 1);
    }

    /// <summary>Reads a difference: the inverse of <see cref="WriteStep"/>.</summary>
    public static int ReadStep(ref BitReader reader)
    {
        var zigzag = (SymbolCounts.ReadNumber(ref reader) << 1) | (int)reader.Read(1);
        return (zigzag >> 1) ^ -(zigzag & 1);
    }
}
