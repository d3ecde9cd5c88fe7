using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Codec;

/// <summary>What stands in a frame for a new value. The numbers are part of the format (docs/FORMAT.md).</summary>
public enum ValueMap : byte
{
    /// <summary>The new value's bits themselves: readable without the parent, for deltas on their way.</summary>
    Plain = 0,
    /// <summary>The new value's bits XOR the parent's: mostly zeros in the high planes, for deltas at rest.</summary>
    Xor = 1,
}

/// <summary>Maps new values to what is stored, and back, losslessly for every bit pattern.</summary>
public static class ValueMaps
{
    /// <summary>Replaces new values by what stands for them; and back, given the same parent values: XOR is its own mirror.</summary>
    /// <param name="map">The map.</param>
    /// <param name="values">Raw bits; replaced in place.</param>
    /// <param name="parent">The parent's bits at the same positions; unused for <see cref="ValueMap.Plain"/>.</param>
    public static void Exchange(ValueMap map, Span<byte> values, ReadOnlySpan<byte> parent)
    {
        if (map == ValueMap.Plain)
        {
            return;
        }

        var words = MemoryMarshal.Cast<byte, ulong>(values);
        var others = MemoryMarshal.Cast<byte, ulong>(parent)[..words.Length];
        for (var index = 0; index < words.Length; index++)
        {
            words[index] ^= others[index];
        }

        for (var index = values.Length & ~7; index < values.Length; index++)
        {
            values[index] ^= parent[index];
        }
    }

    /// <summary>Turns a parent's state into the new state at some positions.</summary>
    /// <param name="map">The map.</param>
    /// <param name="state">The parent's bytes of a part of a tensor; patched in place.</param>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="origin">The position of the first unit of <paramref name="state"/>.</param>
    /// <param name="unitSize">Bytes of a unit.</param>
    /// <param name="mapped">What stands for the new values.</param>
    public static void Apply(ValueMap map, Span<byte> state, ReadOnlySpan<long> positions, long origin, int unitSize, ReadOnlySpan<byte> mapped)
    {
        if (map == ValueMap.Plain)
        {
            Units.Scatter(state, positions, origin, unitSize, mapped);
            return;
        }

        switch (unitSize)
        {
            case 1: ApplyXor<byte>(state, positions, origin, mapped); break;
            case 2: ApplyXor<ushort>(state, positions, origin, mapped); break;
            case 4: ApplyXor<uint>(state, positions, origin, mapped); break;
            case 8: ApplyXor<ulong>(state, positions, origin, mapped); break;
            default: throw Units.UnknownSize(unitSize);
        }
    }

    private static void ApplyXor<T>(Span<byte> state, ReadOnlySpan<long> positions, long origin, ReadOnlySpan<byte> mapped)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        var target = MemoryMarshal.Cast<byte, T>(state);
        var source = MemoryMarshal.Cast<byte, T>(mapped)[..positions.Length];
        for (var index = 0; index < source.Length; index++)
        {
            target[checked((int)(positions[index] - origin))] ^= source[index];
        }
    }
}
