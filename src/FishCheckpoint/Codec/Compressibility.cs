using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Detects incompressible bytes, such as the low bytes of floats, from a sample. Trying to compress them would take most of a save's time.
/// </summary>
internal static class Compressibility
{
    private const int Sample = 4096;
    private const int PlaneSample = 2048;
    private const int MinUniformSample = 256;

    /// <summary>Estimates the distribution of a plane's bytes from a sample.</summary>
    [SkipLocalsInit]
    public static Spread SpreadOf(ReadOnlySpan<byte> plane)
    {
        // Detects one prevailing byte without counting, because counting is slow if one counter takes all increments.
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
        return total >= MinUniformSample && squares < ((total * total / 256) + total) * 107 / 100 ? Spread.Uniform : most * 12 > total * 11
            ? Spread.One : Spread.Some;
    }

    /// <summary>Whether a sample of the bytes looks uniformly distributed.</summary>
    [SkipLocalsInit]
    public static bool IsNoise(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Sample)
        {
            return false;
        }

        Span<int> counts = stackalloc int[256];
        counts.Clear();

        // Four contiguous pieces: repetition inside a piece shows as a non-uniform distribution.
        foreach (var place in (ReadOnlySpan<int>)[0, bytes.Length / 3, 2 * (bytes.Length / 3), bytes.Length - (Sample / 4)])
        {
            foreach (var value in bytes.Slice(Math.Min(place, bytes.Length - (Sample / 4)), Sample / 4))
            {
                counts[value]++;
            }
        }

        // For uniform bytes, the sum of squared counts is about n²/256 + n; at 7.9 bits of entropy it is about 15% more.
        var squares = 0L;
        foreach (var count in counts)
        {
            squares += (long)count * count;
        }

        return squares < (((long)Sample * Sample / 256) + Sample) * 107 / 100;
    }
}

/// <summary>The distribution of bytes over their values.</summary>
internal enum Spread
{
    /// <summary>Uniform: no compressor can shrink them.</summary>
    Uniform,
    /// <summary>Some values are more frequent.</summary>
    Some,
    /// <summary>One value prevails, so that there are long runs.</summary>
    One,
}
