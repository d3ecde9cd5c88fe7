namespace FishCheckpoint.Codec;

/// <summary>
/// How densely the units of a class have changed, where many come as words (docs/reference/format/blocks.md, "Positions by rate"): which
/// are rarer, the changed or the unchanged, and their rate, or the parameter of their list. All lie on one line, from none unchanged to
/// none changed, as those of <see cref="ClassDensity"/> do.
/// </summary>
internal readonly struct ClassRate
{
    // The first parameter of lists: denser ones come as words.
    private const int FirstParameter = 12;

    private static readonly int Places = WordCoder.Count + RankCoder.Count - FirstParameter;

    // Neighbouring classes lie an octave apart, which has four parameters, and of the rates up to a half more.
    private const int Octave = 4;
    private const int Denser = 3;
    private const int Unchanged = 8;

    private readonly int place;

    private ClassRate(int place) => this.place = place;

    /// <summary>What is expected of the first class.</summary>
    public static ClassRate Even => default;

    /// <summary>What is expected of the class that follows.</summary>
    public ClassRate Next => Nothing ? this
        : new ClassRate(Math.Min(place < 0 ? place + Unchanged : place + Octave + (Math.Max(0, WordCoder.Count - place) / Denser), Places));

    /// <summary>Whether it is the unchanged units that are rarer.</summary>
    public bool Inverted => place < 0;

    /// <summary>Whether none is rarer: all are alike.</summary>
    public bool Nothing => Index == Places;

    /// <summary>Whether the units come as words.</summary>
    public bool Words => Index < WordCoder.Count;

    /// <summary>The rate of words.</summary>
    public int Rate => Index;

    /// <summary>The parameter of a list.</summary>
    public int Parameter => Index - WordCoder.Count + FirstParameter;

    private int Index => place < 0 ? -1 - place : place;

    /// <summary>The rate of a class; the same on every machine.</summary>
    /// <param name="changed">Changed units.</param>
    /// <param name="size">All units.</param>
    public static ClassRate Of(int changed, int size)
    {
        var inverted = changed > size / 2;
        var rarer = inverted ? size - changed : changed;
        var index = rarer <= 0 ? Places : WordCoder.RateFor(rarer, size);
        if (index >= WordCoder.Count && index < Places)
        {
            index = WordCoder.Count + Math.Max(0, RankCoder.ParameterFor(rarer, size) - FirstParameter);
        }

        return new ClassRate(inverted ? -1 - index : index);
    }

    /// <summary>Writes a rate, given what was expected, as <see cref="ClassDensity.Write"/> writes a density.</summary>
    public static void Write(ref BitWriter writer, ClassRate rate, ClassRate expected) =>
        ClassDensity.WriteStep(ref writer, rate.place - expected.place);

    /// <summary>Reads a rate: the mirror of <see cref="Write"/>. What no writer writes comes back as one at an end of the line.</summary>
    public static ClassRate Read(ref BitReader reader, ClassRate expected) =>
        new(Math.Clamp(expected.place + ClassDensity.ReadStep(ref reader), -1 - Places, Places));
}
