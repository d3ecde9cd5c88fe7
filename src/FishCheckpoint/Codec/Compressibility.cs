using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Tells bytes that no compressor can shrink, such as the low bytes of floats, from a sample of them: most of a save's time would
/// go into trying.</summary>
internal static class Compressibility
{
    private const int Sample = 4096;
    private const int PlaneSample = 2048;
    private const int FewForNoise = 256;

    /// <summary>How a plane's bytes look spread, from a sample of them.</summary>
    [SkipLocalsInit]
    public static Spread SpreadOf(ReadOnlySpan<byte> plane)
    {
        // Most of them the same: told without counting, which is slow where one counter takes it all.
        var start = plane[..Math.Min(plane.Length, PlaneSample / 4)];
        if (start.IndexOfAnyExcept(start[0]) < 0)
        {
            return Spread.One;
        }

        Span<int> counts = stackalloc int[256];
        counts.Clear();
        var part = Math.Min(plane.Length, PlaneSample) / 4;
        var (places, most, squares) = ((plane.Length - part) / 3, 0, 0L);
        for (var place = 0; place < 4; place++)
        {
            foreach (var value in plane.Slice(place * places, part))
            {
                counts[value]++;
            }
        }

        foreach (var count in counts)
        {
            squares += (long)count * count;
            most = Math.Max(most, count);
        }

        long total = 4 * part;
        return total >= FewForNoise && squares < ((total * total / 256) + total) * 107 / 100 ? Spread.Noise : most * 12 > total * 11
            ? Spread.One : Spread.Some;
    }

    /// <summary>Whether the bytes look evenly spread over all values.</summary>
    [SkipLocalsInit]
    public static bool IsNoise(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Sample)
        {
            return false;
        }

        Span<int> counts = stackalloc int[256];
        counts.Clear();

        // From four places, each without gaps: repetition within a place would show as an uneven spread.
        foreach (var place in (ReadOnlySpan<int>)[0, bytes.Length / 3, 2 * (bytes.Length / 3), bytes.Length - (Sample / 4)])
        {
            foreach (var value in bytes.Slice(Math.Min(place, bytes.Length - (Sample / 4)), Sample / 4))
            {
                counts[value]++;
            }
        }

        // Of even bytes, the sum of squares over all counts is about n²/256 + n; of bytes at 7.9 bits some 15% more.
        var squares = 0L;
        foreach (var count in counts)
        {
            squares += (long)count * count;
        }

        return squares < (((long)Sample * Sample / 256) + Sample) * 107 / 100;
    }
}

/// <summary>How bytes are spread over their values.</summary>
internal enum Spread
{
    /// <summary>Evenly: no compressor can shrink them.</summary>
    Noise,
    /// <summary>Some values are more frequent.</summary>
    Some,
    /// <summary>One prevails, so that it comes in runs.</summary>
    One,
}
