using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Masks;

/// <summary>The rule for positions, in one place: strictly ascending, inside the tensor.</summary>
public static class Positions
{
    /// <summary>Checks a run of positions.</summary>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="tensor">The tensor they refer to.</param>
    /// <param name="previous">The position before the run; -1 at the tensor's start.</param>
    /// <exception cref="FishException">
    /// <see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>, <see cref="ErrorCode.IndexOutOfRange"/>.
    /// </exception>
    public static void Check(ReadOnlySpan<long> positions, TensorInfo tensor, long previous = -1)
    {
        foreach (var position in positions)
        {
            if (position <= previous || (ulong)position >= (ulong)tensor.Units)
            {
                throw Fail(position, previous, tensor);
            }

            previous = position;
        }
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
                ErrorCode.IndexUnsorted, tensor.Name, $"Position {position} follows {previous}.", "Sort the positions, and the values with them.");
    }
}
