using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// The bits of a block sorted by class: those of each class one after another, as if its units stood alone. Goes through a block in words of 64 units, without a
/// branch for any of them. Holds the working memory.
/// </summary>
internal sealed class ClassBits
{
    private const int Slack = 2 * sizeof(ulong);

    private readonly int[] starts = new int[ClassSplit.MaxClasses];
    private readonly int[] ends = new int[ClassSplit.MaxClasses];
    private readonly int[] counts = new int[ClassSplit.MaxClasses];
    private byte[] bytes = [];

    /// <summary>The units of a class, once they are sorted.</summary>
    public int SizeOf(int of) => counts[of];

    /// <summary>Sorts a block's bits: a bit for each unit.</summary>
    /// <param name="words">64 units each.</param>
    /// <param name="classes">The class of every unit, padded to whole words.</param>
    /// <param name="classCount">The number of classes.</param>
    public void Sort(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> classes, int classCount)
    {
        var room = (classes.Length / 8) + Slack;
        Reserve(classCount * room);
        Array.Clear(counts);
        for (var of = 0; of < classCount; of++)
        {
            starts[of] = of * room;
            bytes[starts[of]] = 0;
        }

        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        for (var word = 0; word < words.Length; word++)
        {
            var of64 = classes.Slice(word * ClassSplit.Word, ClassSplit.Word);
            for (var of = 0; of < classCount; of++)
            {
                var members = ClassSplit.Of(of64, (byte)of);
                var (sorted, passed) = (ClassSplit.Extract(words[word], members), counts[of]);
                ref var target = ref Unsafe.Add(ref memory, starts[of] + (passed >> 3));
                var shift = passed & 7;
                Unsafe.WriteUnaligned(ref target, target | (sorted << shift));
                Unsafe.Add(ref target, sizeof(ulong)) = (byte)(sorted >> 1 >> (63 - shift));
                counts[of] = passed + BitOperations.PopCount(members);
            }
        }
    }

    /// <summary>How many of a class's bits are set, once they are sorted.</summary>
    public int CountOf(int of)
    {
        var sum = 0;
        for (var word = 0; word < WordsOf(of); word++)
        {
            sum += BitOperations.PopCount(WordOf(of, word));
        }

        return sum;
    }

    /// <summary>Lists a class's units whose bit is set, or is not, once they are sorted.</summary>
    public void List(int of, bool set, Span<int> ranks)
    {
        var count = 0;
        for (var word = 0; word < WordsOf(of); word++)
        {
            var rest = counts[of] - (word * ClassSplit.Word);
            var bits = WordOf(of, word) ^ (set ? 0 : ulong.MaxValue);
            for (bits &= rest >= ClassSplit.Word ? ulong.MaxValue : (1UL << rest) - 1; bits != 0; bits &= bits - 1)
            {
                ranks[count++] = (word * ClassSplit.Word) + BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    /// <summary>A class's bits, once they are sorted; past its units stands what was there before, and more than eight bytes follow.</summary>
    public ReadOnlySpan<byte> Of(int of) => bytes.AsSpan(starts[of], (counts[of] / 8) + Slack);

    /// <summary>Begins to put a block together: no bit is set.</summary>
    public void Clear(int classCount, int units)
    {
        var most = classCount * ((units / 8) + (2 * Slack));
        Reserve(most);
        Array.Clear(counts);
        (starts[0], ends[0]) = (0, 0);
    }

    /// <summary>Sets the bits of one class, after those of the classes before it.</summary>
    /// <param name="of">The class.</param>
    /// <param name="ranks">Its units that are set, ascending.</param>
    public void Set(int of, ReadOnlySpan<int> ranks)
    {
        starts[of] = of == 0 ? 0 : ends[of - 1] + Slack;
        ends[of] = starts[of] + (ranks.Length == 0 ? 0 : (ranks[^1] >> 3) + 1);
        bytes.AsSpan(starts[of]..(ends[of] + Slack)).Clear();
        ref var memory = ref bytes[starts[of]];
        foreach (var rank in ranks)
        {
            Unsafe.Add(ref memory, rank >> 3) |= (byte)(1 << (rank & 7));
        }
    }

    /// <summary>Where the bits of one class go that are not listed, after those of the classes before it.</summary>
    /// <param name="of">The class.</param>
    /// <param name="size">Its units.</param>
    /// <returns>All 0; eight bytes more than they take.</returns>
    public Span<byte> Place(int of, int size)
    {
        starts[of] = of == 0 ? 0 : ends[of - 1] + Slack;
        ends[of] = starts[of] + ((size + 7) >> 3);
        var target = bytes.AsSpan(starts[of]..(ends[of] + Slack));
        target.Clear();
        return target;
    }

    /// <summary>Puts a block's bits together again: the mirror of <see cref="Sort"/>.</summary>
    /// <param name="classes">The class of every unit, padded to whole words.</param>
    /// <param name="active">The classes that have bits.</param>
    /// <param name="inverted">Of each class: all bits set where it is its unset bits that were set.</param>
    /// <param name="words">Filled.</param>
    public void Merge(ReadOnlySpan<byte> classes, ReadOnlySpan<byte> active, ReadOnlySpan<ulong> inverted, Span<ulong> words)
    {
        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        for (var word = 0; word < words.Length; word++)
        {
            var of64 = classes.Slice(word * ClassSplit.Word, ClassSplit.Word);
            var merged = 0UL;
            foreach (var of in active)
            {
                var (members, passed) = (ClassSplit.Of(of64, of), counts[of]);
                ref var source = ref Unsafe.Add(ref memory, Math.Min(starts[of] + (passed >> 3), ends[of]));
                var shift = passed & 7;
                var sorted = (Unsafe.ReadUnaligned<ulong>(ref source) >> shift) | ((ulong)Unsafe.Add(ref source, sizeof(ulong)) << 1 << (63 - shift));
                merged |= ClassSplit.Deposit(sorted ^ inverted[of], members);
                counts[of] = passed + BitOperations.PopCount(members);
            }

            words[word] = merged;
        }
    }

    private int WordsOf(int of) => (counts[of] + ClassSplit.Word - 1) / ClassSplit.Word;

    // Past the end of the class stands what was there before: it is cut off.
    private ulong WordOf(int of, int word)
    {
        var rest = counts[of] - (word * ClassSplit.Word);
        var bits = Unsafe.ReadUnaligned<ulong>(ref bytes[starts[of] + (word * sizeof(ulong))]);
        return rest >= ClassSplit.Word ? bits : bits & ((1UL << rest) - 1);
    }

    private void Reserve(int length) => bytes = bytes.Length < length ? new byte[length] : bytes;
}
