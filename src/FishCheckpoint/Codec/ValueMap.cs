using System.Buffers;
using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// The representation of a new value in a frame. The numbers are part of the format (docs/reference/format/values.md, "Values").
/// </summary>
internal enum ValueMap : byte
{
    /// <summary>The new value's own bits, readable without the parent; for deltas in transit.</summary>
    Plain = 0,
    /// <summary>The new value's bits XOR the parent's: mostly zeros in the high planes; for stored deltas.</summary>
    Xor = 1,
    /// <summary>The distance from the parent's value in units in the last place (<see cref="Ulp"/>): small for small steps.</summary>
    Distance = 2,
    /// <summary>
    /// The distance from a value extrapolated from the last two checkpoints with the same mask. It needs their values, but no parent.
    /// </summary>
    Predicted = 3,
}

/// <summary>Maps new values to their stored representation and back, losslessly for every bit pattern.</summary>
internal static class ValueMaps
{
    /// <summary>Replaces new values by their representation.</summary>
    /// <param name="map">The map.</param>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="values">Raw bits; replaced in place.</param>
    /// <param name="parent">The parent's bits at the same positions; unused for <see cref="ValueMap.Plain"/>.</param>
    public static void Map(ValueMap map, DType type, Span<byte> values, ReadOnlySpan<byte> parent)
    {
        switch (map)
        {
            case ValueMap.Xor: Xor(values, parent, values); break;
            case ValueMap.Distance: Ulp.Distances(type, parent, values, values); break;
            default: break;
        }
    }

    /// <summary>Restores new values from their representation: the inverse of <see cref="Map"/>, given the same parent values.</summary>
    /// <param name="map">The map; it must use a parent.</param>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="mapped">The representation.</param>
    /// <param name="parent">The parent's bits at the same positions.</param>
    /// <param name="values">Filled with the new values; may overlap the other arguments.</param>
    public static void Unmap(ValueMap map, DType type, ReadOnlySpan<byte> mapped, ReadOnlySpan<byte> parent, Span<byte> values)
    {
        if (map == ValueMap.Distance)
        {
            Ulp.Apply(type, parent, mapped, values);
        }
        else
        {
            Xor(mapped, parent, values);
        }
    }

    private static void Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(result);
        var ones = MemoryMarshal.Cast<byte, ulong>(left)[..words.Length];
        var others = MemoryMarshal.Cast<byte, ulong>(right)[..words.Length];
        for (var index = 0; index < words.Length; index++)
        {
            words[index] = ones[index] ^ others[index];
        }

        for (var index = result.Length & ~7; index < result.Length; index++)
        {
            result[index] = (byte)(left[index] ^ right[index]);
        }
    }

    /// <summary>Patches a parent's state at some positions.</summary>
    /// <param name="map">The map.</param>
    /// <param name="type">The dtype of the state.</param>
    /// <param name="state">The parent's bytes of a part of a tensor.</param>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="origin">The position of the first unit of <paramref name="state"/>.</param>
    /// <param name="mapped">The representation of the new values.</param>
    public static void Apply(ValueMap map, DType type, Span<byte> state, ReadOnlySpan<long> positions, long origin,
        ReadOnlySpan<byte> mapped)
    {
        var unit = DTypes.UnitSizeOf(type);
        if (map == ValueMap.Plain)
        {
            Units.Scatter(state, positions, origin, unit, mapped);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(mapped.Length);
        try
        {
            var values = rented.AsSpan(0, mapped.Length);
            Units.Gather(state, positions, origin, unit, values);
            Unmap(map, type, mapped, values, values);
            Units.Scatter(state, positions, origin, unit, values);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
