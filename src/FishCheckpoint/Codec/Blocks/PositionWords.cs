using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>Positions of a block as one bit per unit, in words of 64. Owns working memory.</summary>
internal sealed class PositionWords
{
    private ulong[] words = [];

    /// <summary>Converts positions to words.</summary>
    /// <param name="positions">The positions.</param>
    /// <param name="units">The number of units in the block, padded to whole words.</param>
    public Span<ulong> Of(ReadOnlySpan<int> positions, int units)
    {
        var count = units / ClassSplit.Word;
        words = words.Length < count ? new ulong[count] : words;
        var set = words.AsSpan(0, count);
        set.Clear();
        foreach (var position in positions)
        {
            set[position >> 6] |= 1UL << (position & 63);
        }

        return set;
    }

    /// <summary>Converts words to positions: the inverse of <see cref="Of"/>.</summary>
    /// <param name="words">The words.</param>
    /// <param name="positions">Filled, ascending.</param>
    /// <returns>Whether the number of set bits matches the number of positions.</returns>
    public static bool TryExpand(ReadOnlySpan<ulong> words, Span<int> positions)
    {
        var count = 0;
        for (var word = 0; word < words.Length; word++)
        {
            var rest = words[word];
            if (BitOperations.PopCount(rest) > positions.Length - count)
            {
                return false;
            }

            for (; rest != 0; rest &= rest - 1)
            {
                positions[count++] = (word * ClassSplit.Word) + BitOperations.TrailingZeroCount(rest);
            }
        }

        return count == positions.Length;
    }
}
