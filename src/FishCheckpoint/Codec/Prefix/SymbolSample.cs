using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The approximate frequency of each symbol, from half of the symbols: counting takes as long as all use of the counts.</summary>
internal sealed class SymbolSample
{
    private const int Room = 128;

    // Four counters per symbol, so that a repeated symbol does not wait for its own increment.
    private readonly int[] counts = new int[4 * Room];

    /// <summary>The counts; at least 1 for each symbol of the range.</summary>
    public ReadOnlySpan<int> Counts => counts.AsSpan(0, MagnitudePlaces.Symbols);

    /// <summary>Counts symbols.</summary>
    /// <param name="symbols">Symbols below <see cref="MagnitudePlaces.Symbols"/>; at least a few times eight.</param>
    /// <param name="least">The smallest symbol.</param>
    /// <param name="greatest">The largest symbol.</param>
    /// <returns>Whether no symbol prevails. If one does, other codes are much shorter, because a prefix code takes at least one bit per
    /// symbol.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryCount(ReadOnlySpan<byte> symbols, byte least, byte greatest)
    {
        Array.Clear(counts);
        ref var first = ref MemoryMarshal.GetArrayDataReference(counts);
        var words = MemoryMarshal.Cast<byte, ulong>(symbols);
        for (var index = 0; index < words.Length; index += 2)
        {
            var word = words[index];
            Add(ref first, word);
            Add(ref first, word >> 32);
        }

        var most = 0;
        for (int symbol = least; symbol <= greatest; symbol++)
        {
            ref var count = ref counts[symbol];
            count = Math.Max(1, count + counts[Room + symbol] + counts[(2 * Room) + symbol] + counts[(3 * Room) + symbol]);
            most = Math.Max(most, count);
        }

        return greatest > least && most <= (words.Length + 1) / 2 * sizeof(ulong) / 4 * 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref int counts, ulong four)
    {
        Unsafe.Add(ref counts, (nint)(four & 0x7F))++;
        Unsafe.Add(ref counts, Room + (nint)((four >> 8) & 0x7F))++;
        Unsafe.Add(ref counts, (2 * Room) + (nint)((four >> 16) & 0x7F))++;
        Unsafe.Add(ref counts, (3 * Room) + (nint)((four >> 24) & 0x7F))++;
    }
}
