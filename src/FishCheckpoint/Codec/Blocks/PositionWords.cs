using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>Positions of a block as a bit for each of its units, in words of 64. Holds the working memory.</summary>
internal sealed class PositionWords
{
    private ulong[] words = [];

    /// <summary>The words in which the bits of positions are set.</summary>
    /// <param name="positions">The positions.</param>
    /// <param name="units">The block's units, padded to whole words.</param>
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

    /// <summary>The positions whose bits are set: the mirror of <see cref="Of"/>.</summary>
    /// <param name="words">The words.</param>
    /// <param name="positions">Filled, ascending.</param>
    /// <returns>Whether they are as many as the bits that are set.</returns>
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
