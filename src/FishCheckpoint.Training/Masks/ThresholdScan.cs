using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Training;

/// <summary>The hot loop of <see cref="MaskSelection.Top"/>: the positions of scores above a threshold, and of some equal to it.</summary>
internal static class ThresholdScan
{
    /// <summary>Collects positions, ascending.</summary>
    /// <param name="scores">One score per unit, none negative; empty when all are 0.</param>
    /// <param name="units">The number of units.</param>
    /// <param name="threshold">The bits of the threshold.</param>
    /// <param name="ties">How many positions with a score equal to the threshold may still be taken; updated to the rest.</param>
    public static long[] Collect(ReadOnlySpan<float> scores, long units, int threshold, ref long ties)
    {
        if (scores.IsEmpty)
        {
            var zeros = new long[threshold == 0 ? Math.Min(ties, units) : 0];
            for (var index = 0; index < zeros.Length; index++)
            {
                zeros[index] = index;
            }

            ties -= zeros.Length;
            return zeros;
        }

        var bits = ScoreThreshold.Bits(scores);
        var (above, equal) = Count(bits, threshold);
        var positions = new long[above + Math.Min(equal, ties)];
        Emit(bits, threshold, positions, ref ties);
        return positions;
    }

    private static (int Above, int Equal) Count(ReadOnlySpan<int> bits, int threshold)
    {
        var (above, equal, index) = (0, 0, 0);
        if (Vector256.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(bits);
            var limit = Vector256.Create(threshold);
            for (; index <= bits.Length - Vector256<int>.Count; index += Vector256<int>.Count)
            {
                var values = Vector256.LoadUnsafe(ref first, (nuint)index);
                above += BitOperations.PopCount(Vector256.GreaterThan(values, limit).ExtractMostSignificantBits());
                equal += BitOperations.PopCount(Vector256.Equals(values, limit).ExtractMostSignificantBits());
            }
        }

        for (; index < bits.Length; index++)
        {
            above += bits[index] > threshold ? 1 : 0;
            equal += bits[index] == threshold ? 1 : 0;
        }

        return (above, equal);
    }

    private static void Emit(ReadOnlySpan<int> bits, int threshold, long[] positions, ref long ties)
    {
        var (count, index) = (0, 0);
        if (Vector256.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(bits);
            var limit = Vector256.Create(threshold);
            for (; index <= bits.Length - Vector256<int>.Count; index += Vector256<int>.Count)
            {
                var values = Vector256.LoadUnsafe(ref first, (nuint)index);
                var found = Vector256.GreaterThanOrEqual(values, limit).ExtractMostSignificantBits();
                for (; found != 0; found &= found - 1)
                {
                    Take(bits, index + BitOperations.TrailingZeroCount(found), ref ties);
                }
            }
        }

        for (; index < bits.Length; index++)
        {
            if (bits[index] >= threshold)
            {
                Take(bits, index, ref ties);
            }
        }

        void Take(ReadOnlySpan<int> bits, int position, ref long ties)
        {
            if (bits[position] == threshold)
            {
                if (ties == 0)
                {
                    return;
                }

                ties--;
            }

            positions[count++] = position;
        }
    }
}
