namespace FishCheckpoint.Codec;

/// <summary>
/// The density of changed units in a class if frequent ones are coded as words (docs/reference/format/blocks.md, "Positions by rate"):
/// whether the changed or unchanged units are rarer, and their rate or the parameter of their list. Rates form one scale from "none
/// unchanged" to "none changed", like those of <see cref="ClassDensity"/>.
/// </summary>
internal readonly struct ClassRate
{
    // The first parameter of lists; more frequent units are coded as words.
    private const int FirstParameter = 12;

    private static readonly int Places = WordCoder.Count + RankCoder.Count - FirstParameter;

    // Neighboring classes differ by an octave: four parameters, and one step more per three levels of rates in between.
    private const int Octave = 4;
    private const int RateSteps = 3;
    private const int Unchanged = 8;

    private readonly int place;

    private ClassRate(int place) => this.place = place;

    /// <summary>The expected rate of the first class.</summary>
    public static ClassRate Even => default;

    /// <summary>The expected rate of the next class.</summary>
    public ClassRate Next => Nothing ? this
        : new ClassRate(
            Math.Min(place < 0 ? place + Unchanged : place + Octave + (Math.Max(0, WordCoder.Count - place) / RateSteps), Places));

    /// <summary>Whether the unchanged units are rarer.</summary>
    public bool Inverted => place < 0;

    /// <summary>Whether all units are alike.</summary>
    public bool Nothing => Index == Places;

    /// <summary>Whether the units are coded as words.</summary>
    public bool Words => Index < WordCoder.Count;

    /// <summary>The rate of words.</summary>
    public int Rate => Index;

    /// <summary>The parameter of a list.</summary>
    public int Parameter => Index - WordCoder.Count + FirstParameter;

    private int Index => place < 0 ? -1 - place : place;

    /// <summary>The rate of a class, deterministic on all machines.</summary>
    /// <param name="changed">The number of changed units.</param>
    /// <param name="size">The number of all units.</param>
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

    /// <summary>Writes a rate relative to the expected one, as <see cref="ClassDensity.Write"/> does for a density.</summary>
    public static void Write(ref BitWriter writer, ClassRate rate, ClassRate expected) =>
        ClassDensity.WriteStep(ref writer, rate.place - expected.place);

    /// <summary>Reads a rate: the inverse of <see cref="Write"/>. An invalid one becomes one at an end of the scale.</summary>
    public static ClassRate Read(ref BitReader reader, ClassRate expected) =>
        new(Math.Clamp(expected.place + ClassDensity.ReadStep(ref reader), -1 - Places, Places));
}
