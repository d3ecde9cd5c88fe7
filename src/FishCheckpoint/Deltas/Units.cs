using System.Runtime.InteropServices;

namespace FishCheckpoint.Deltas;

/// <summary>Gathers and scatters single units of 1, 2, 4 or 8 bytes.</summary>
public static class Units
{
    /// <summary>Copies the units at some positions from a state.</summary>
    /// <param name="state">The bytes of a tensor, or of a part.</param>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="origin">The position of the first unit of <paramref name="state"/>.</param>
    /// <param name="unitSize">Bytes per unit.</param>
    /// <param name="values">Filled in the order of <paramref name="positions"/>.</param>
    public static void Gather(ReadOnlySpan<byte> state, ReadOnlySpan<long> positions, long origin, int unitSize, Span<byte> values)
    {
        switch (unitSize)
        {
            case 1: Gather<byte>(state, positions, origin, values); break;
            case 2: Gather<ushort>(state, positions, origin, values); break;
            case 4: Gather<uint>(state, positions, origin, values); break;
            case 8: Gather<ulong>(state, positions, origin, values); break;
            default: throw UnknownSize(unitSize);
        }
    }

    /// <summary>
    /// Writes values to some positions of a state: the inverse of
    /// <see cref="Gather(ReadOnlySpan{byte}, ReadOnlySpan{long}, long, int, Span{byte})"/>.
    /// </summary>
    /// <param name="state">The bytes of a tensor, or of a part.</param>
    /// <param name="positions">Flat unit indices.</param>
    /// <param name="origin">The position of the first unit of <paramref name="state"/>.</param>
    /// <param name="unitSize">Bytes per unit.</param>
    /// <param name="values">In the order of <paramref name="positions"/>.</param>
    public static void Scatter(Span<byte> state, ReadOnlySpan<long> positions, long origin, int unitSize, ReadOnlySpan<byte> values)
    {
        switch (unitSize)
        {
            case 1: Scatter<byte>(state, positions, origin, values); break;
            case 2: Scatter<ushort>(state, positions, origin, values); break;
            case 4: Scatter<uint>(state, positions, origin, values); break;
            case 8: Scatter<ulong>(state, positions, origin, values); break;
            default: throw UnknownSize(unitSize);
        }
    }

    /// <summary>Copies the units at some positions from a block.</summary>
    /// <param name="block">The bytes of the block.</param>
    /// <param name="positions">Indices of units in the block.</param>
    /// <param name="unitSize">Bytes per unit.</param>
    /// <param name="values">Filled in the order of <paramref name="positions"/>.</param>
    public static void Gather(ReadOnlySpan<byte> block, ReadOnlySpan<int> positions, int unitSize, Span<byte> values)
    {
        switch (unitSize)
        {
            case 1: Gather<byte>(block, positions, values); break;
            case 2: Gather<ushort>(block, positions, values); break;
            case 4: Gather<uint>(block, positions, values); break;
            case 8: Gather<ulong>(block, positions, values); break;
            default: throw UnknownSize(unitSize);
        }
    }

    /// <summary>
    /// Writes values to some positions of a block: the inverse of
    /// <see cref="Gather(ReadOnlySpan{byte}, ReadOnlySpan{int}, int, Span{byte})"/>.
    /// </summary>
    /// <param name="block">The bytes of the block.</param>
    /// <param name="positions">Indices of units in the block.</param>
    /// <param name="unitSize">Bytes per unit.</param>
    /// <param name="values">In the order of <paramref name="positions"/>.</param>
    public static void Scatter(Span<byte> block, ReadOnlySpan<int> positions, int unitSize, ReadOnlySpan<byte> values)
    {
        switch (unitSize)
        {
            case 1: Scatter<byte>(block, positions, values); break;
            case 2: Scatter<ushort>(block, positions, values); break;
            case 4: Scatter<uint>(block, positions, values); break;
            case 8: Scatter<ulong>(block, positions, values); break;
            default: throw UnknownSize(unitSize);
        }
    }

    internal static ArgumentOutOfRangeException UnknownSize(int unitSize) =>
        new(nameof(unitSize), unitSize, "A unit has 1, 2, 4 or 8 bytes.");

    private static void Gather<T>(ReadOnlySpan<byte> state, ReadOnlySpan<long> positions, long origin, Span<byte> values)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(state);
        var target = MemoryMarshal.Cast<byte, T>(values)[..positions.Length];
        for (var index = 0; index < target.Length; index++)
        {
            target[index] = source[checked((int)(positions[index] - origin))];
        }
    }

    private static void Scatter<T>(Span<byte> state, ReadOnlySpan<long> positions, long origin, ReadOnlySpan<byte> values)
        where T : unmanaged
    {
        var target = MemoryMarshal.Cast<byte, T>(state);
        var source = MemoryMarshal.Cast<byte, T>(values)[..positions.Length];
        for (var index = 0; index < source.Length; index++)
        {
            target[checked((int)(positions[index] - origin))] = source[index];
        }
    }

    private static void Gather<T>(ReadOnlySpan<byte> block, ReadOnlySpan<int> positions, Span<byte> values)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(block);
        var target = MemoryMarshal.Cast<byte, T>(values)[..positions.Length];
        for (var index = 0; index < target.Length; index++)
        {
            target[index] = source[positions[index]];
        }
    }

    private static void Scatter<T>(Span<byte> block, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
        where T : unmanaged
    {
        var target = MemoryMarshal.Cast<byte, T>(block);
        var source = MemoryMarshal.Cast<byte, T>(values)[..positions.Length];
        for (var index = 0; index < source.Length; index++)
        {
            target[positions[index]] = source[index];
        }
    }
}
