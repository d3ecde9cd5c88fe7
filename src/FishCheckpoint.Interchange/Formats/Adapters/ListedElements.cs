using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Elements of one tensor with positions, in memory; the source file bounds their number.</summary>
/// <param name="Positions">Ascending and distinct, within the tensor.</param>
/// <param name="Type">The dtype of the values.</param>
/// <param name="Values">One value per position, in the same order.</param>
internal sealed record ListedElements(long[] Positions, DType Type, byte[] Values)
{
    /// <summary>Sorts elements by position.</summary>
    /// <param name="key">The version, for errors.</param>
    /// <param name="info">The tensor.</param>
    /// <param name="positions">Positions in any order. Takes ownership.</param>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="values">One value per position.</param>
    /// <exception cref="FishException">A position is outside the tensor, or occurs twice.</exception>
    public static ListedElements Create(string key, TensorInfo info, long[] positions, DType type, byte[] values)
    {
        foreach (var position in positions)
        {
            if (position < 0 || position >= info.Units)
            {
                throw PositionOrder.OutOfRange(key, position, info.Units);
            }
        }

        if (!IsAscending(positions))
        {
            (positions, values) = Sort(positions, values, DTypes.UnitSizeOf(type));
        }

        for (var index = 1; index < positions.Length; index++)
        {
            if (positions[index] == positions[index - 1])
            {
                throw PositionOrder.Fail(key, positions[index], positions[index]);
            }
        }

        return new ListedElements(positions, type, values);
    }

    private static bool IsAscending(long[] positions)
    {
        for (var index = 1; index < positions.Length; index++)
        {
            if (positions[index] < positions[index - 1])
            {
                return false;
            }
        }

        return true;
    }

    private static (long[] Positions, byte[] Values) Sort(long[] positions, byte[] values, int size)
    {
        var order = new int[positions.Length];
        for (var index = 0; index < order.Length; index++)
        {
            order[index] = index;
        }

        Array.Sort(positions, order);
        var sorted = new byte[values.Length];
        for (var index = 0; index < order.Length; index++)
        {
            values.AsSpan(order[index] * size, size).CopyTo(sorted.AsSpan(index * size));
        }

        return (positions, sorted);
    }
}
