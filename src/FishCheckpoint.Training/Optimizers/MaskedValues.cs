using System.Numerics;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Training;

/// <summary>Gathers floats from a mask's positions and scatters them back.</summary>
internal static class MaskedValues
{
    /// <summary>Gathers the values at some positions, each times a factor.</summary>
    /// <param name="source">A whole tensor.</param>
    /// <param name="positions">The positions to read; contiguous if they are all of a tensor's.</param>
    /// <param name="factor">The factor; 1 changes no bit.</param>
    /// <param name="taken">Receives the values.</param>
    public static void Gather(ReadOnlySpan<float> source, ReadOnlySpan<long> positions, float factor, Span<float> taken)
    {
        taken = taken[..positions.Length];
        if (positions[^1] - positions[0] == positions.Length - 1)
        {
            source.Slice((int)positions[0], positions.Length).CopyTo(taken);
        }
        else
        {
            for (var index = 0; index < taken.Length; index++)
            {
                taken[index] = source[(int)positions[index]];
            }
        }

        if (factor != 1)
        {
            Multiply(taken, factor);
        }
    }

    /// <summary>Scatters values back.</summary>
    public static void Scatter(ReadOnlySpan<float> values, ReadOnlySpan<long> positions, Span<float> destination)
    {
        values = values[..positions.Length];
        for (var index = 0; index < values.Length; index++)
        {
            destination[(int)positions[index]] = values[index];
        }
    }

    private static void Multiply(Span<float> values, float factor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (ref var vector in vectors)
        {
            vector *= factor;
        }

        foreach (ref var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            value *= factor;
        }
    }
}
