using System.Runtime.Intrinsics;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Masks;

/// <summary>The rule for positions: strictly ascending and inside the tensor.</summary>
public static class Positions
{
    /// <summary>Checks consecutive positions.</summary>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="tensor">The tensor that they refer to.</param>
    /// <param name="previous">The preceding position; -1 at the tensor's start.</param>
    /// <exception cref="FishException"> <see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>. </exception>
    public static void Check(ReadOnlySpan<long> positions, TensorInfo tensor, long previous = -1)
    {
        // If they ascend, only the first and the last can lie outside.
        if (positions.Length > 0 && positions[0] > previous && positions[^1] < tensor.Units && previous >= -1 && Ascend(positions))
        {
            return;
        }

        foreach (var position in positions)
        {
            if (position <= previous || (ulong)position >= (ulong)tensor.Units)
            {
                throw Fail(position, previous, tensor);
            }

            previous = position;
        }
    }

    private static bool Ascend(ReadOnlySpan<long> positions)
    {
        var index = 1;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; index <= positions.Length - Vector256<long>.Count; index += Vector256<long>.Count)
            {
                if (!Vector256.GreaterThanAll(Vector256.LoadUnsafe(in positions[index]), Vector256.LoadUnsafe(in positions[index - 1])))
                {
                    return false;
                }
            }
        }

        for (; index < positions.Length; index++)
        {
            if (positions[index] <= positions[index - 1])
            {
                return false;
            }
        }

        return true;
    }

    private static FishException Fail(long position, long previous, TensorInfo tensor)
    {
        if ((ulong)position >= (ulong)tensor.Units)
        {
            return new FishException(
                ErrorCode.IndexOutOfRange, tensor.Name, $"Position {position} lies outside the tensor's {tensor.Units} elements.",
                "Positions are flat element indices, from 0.");
        }

        return position == previous
            ? new FishException(ErrorCode.IndexRepeated, tensor.Name, $"Position {position} occurs twice.", "Send each position once.")
            : new FishException(
                ErrorCode.IndexUnsorted, tensor.Name, $"Position {position} follows {previous}.",
                "Sort the positions, and the values with them.");
    }
}
