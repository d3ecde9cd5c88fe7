using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>About how often each symbol occurs, by half of them: counting takes as long as all that is done with the counts.</summary>
internal sealed class SymbolSample
{
    private const int Room = 128;

    // Four of each, so that a symbol that comes again at once does not wait for its own count.
    private readonly int[] counts = new int[4 * Room];

    /// <summary>The counts, of those that were not seen at least 1.</summary>
    public ReadOnlySpan<int> Counts => counts.AsSpan(0, MagnitudePlaces.Symbols);

    /// <summary>Counts.</summary>
    /// <param name="symbols">Below <see cref="MagnitudePlaces.Symbols"/>, and some eights of them.</param>
    /// <param name="least">The least of them.</param>
    /// <param name="greatest">The greatest.</param>
    /// <returns>Whether none prevails: a code has one bit at least, and what is not codes of single symbols may do with much less
    /// then.</returns>
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
