using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Numbers as a symbol and plain bits (docs/reference/format/values.md, "Magnitudes"). Each magnitude below 16 has its own symbol. Above, a
/// symbol covers half an octave, and the remaining bits follow. The sign of a nonzero zigzag distance is the first of the plain bits.
/// </summary>
internal static class Magnitudes
{
    /// <summary>The number of symbols for 64 bits.</summary>
    public const int Symbols = Direct + (2 * 60);

    private const int Direct = 16;

    private static readonly byte[] Bits =
        [.. Enumerable.Range(0, Symbols).Select(symbol => (byte)(symbol < Direct ? 0 : ((symbol - Direct) >> 1) + 3))];

    private static readonly byte[] SignedBits = [.. Bits.Select((bits, symbol) => (byte)(symbol == 0 ? 0 : bits + 1))];

    private static readonly ulong[] Bases =
        [.. Enumerable.Range(0, Symbols).Select(symbol => symbol < Direct ? (ulong)symbol : (2UL + ((ulong)symbol & 1)) << Bits[symbol])];

    /// <summary>The number of plain bits after each symbol, for magnitudes or zigzag distances.</summary>
    public static ReadOnlySpan<byte> BitsOf(bool signed) => signed ? SignedBits : Bits;

    /// <summary>The smallest magnitude of each symbol.</summary>
    public static ReadOnlySpan<ulong> BaseOf => Bases;

    /// <summary>The symbol of a magnitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SymbolOf(ulong magnitude)
    {
        if (magnitude < Direct)
        {
            return (int)magnitude;
        }

        var log = BitOperations.Log2(magnitude);
        return Direct + ((log - 4) << 1) + (int)((magnitude >> (log - 1)) & 1);
    }

    /// <summary>The magnitude of a zigzag distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OfZigzag(ulong zigzag) => (zigzag >> 1) + (zigzag & 1);
}
