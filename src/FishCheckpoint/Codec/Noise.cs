using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>Tells bytes that no compressor can shrink, such as the low bytes of floats, from a sample of them: most of a save's time would go into trying.</summary>
internal static class Noise
{
    private const int Sample = 4096;

    /// <summary>Whether the bytes look evenly spread over all values.</summary>
    [SkipLocalsInit]
    public static bool Looks(ReadOnlySpan<byte> bytes)
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
