using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The frequency of each byte value.</summary>
internal sealed class ByteCounts
{
    private const int Symbols = 256;

    // Four counters per value, so that a repeated byte does not wait for its own increment.
    private readonly int[] counts = new int[4 * Symbols];

    /// <summary>The counts of the last call.</summary>
    public ReadOnlySpan<int> All => counts.AsSpan(0, Symbols);

    /// <summary>Counts bytes.</summary>
    /// <returns>An estimate of the encoded bytes, including the table, from their entropy.</returns>
    public int Count(ReadOnlySpan<byte> bytes)
    {
        Array.Clear(counts);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var one = counts.AsSpan(0, Symbols);
        var two = counts.AsSpan(Symbols, Symbols);
        var three = counts.AsSpan(2 * Symbols, Symbols);
        var four = counts.AsSpan(3 * Symbols, Symbols);
        foreach (var word in words)
        {
            one[(byte)word]++;
            two[(byte)(word >> 8)]++;
            three[(byte)(word >> 16)]++;
            four[(byte)(word >> 24)]++;
            one[(byte)(word >> 32)]++;
            two[(byte)(word >> 40)]++;
            three[(byte)(word >> 48)]++;
            four[(byte)(word >> 56)]++;
        }

        foreach (var value in bytes[(words.Length * sizeof(ulong))..])
        {
            one[value]++;
        }

        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            one[symbol] += two[symbol] + three[symbol] + four[symbol];
        }

        return (int)(SymbolCounts.Cost(one) / 8) + 1;
    }
}
