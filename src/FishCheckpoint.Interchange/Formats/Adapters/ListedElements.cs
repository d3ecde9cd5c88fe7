using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Elements of one tensor by their positions: in memory, which the file that they are from bounds.</summary>
/// <param name="Positions">Ascending, each once, within the tensor.</param>
/// <param name="Type">The dtype of the values.</param>
/// <param name="Values">As many values, in the same order.</param>
internal sealed record ListedElements(long[] Positions, DType Type, byte[] Values)
{
    /// <summary>Brings elements into order.</summary>
    /// <param name="key">Whom it concerns, for errors.</param>
    /// <param name="info">The tensor.</param>
    /// <param name="positions">Positions in any order. Taken over.</param>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="values">As many values.</param>
    /// <exception cref="FishException">A position lies outside of the tensor, or stands twice.</exception>
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
