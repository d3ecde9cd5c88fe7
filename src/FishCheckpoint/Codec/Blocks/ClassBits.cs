using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// The bits of a block sorted by class, with the bits of each class contiguous. Processes 64 units per word without branches. Owns working
/// memory.
/// </summary>
internal sealed class ClassBits
{
    private const int Slack = 2 * sizeof(ulong);

    // The number of words that stay in the cache while all classes are processed.
    private const int Near = 128;

    private readonly int[] starts = new int[ClassSplit.MaxClasses];
    private readonly int[] ends = new int[ClassSplit.MaxClasses];
    private readonly int[] counts = new int[ClassSplit.MaxClasses];
    private byte[] bytes = [];

    /// <summary>The number of units in a class, after sorting.</summary>
    public int SizeOf(int of) => counts[of];

    /// <summary>Sorts a block's bits, one per unit.</summary>
    /// <param name="words">Words of 64 units.</param>
    /// <param name="classes">The class of each unit, padded to whole words.</param>
    /// <param name="classCount">The number of classes.</param>
    public void Sort(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> classes, int classCount)
    {
        Start(classCount, classes.Length);
        Add(words, classes, 0, classCount);
    }

    /// <summary>Starts sorting with empty classes.</summary>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="units">The most units, in whole words.</param>
    public void Start(int classCount, int units)
    {
        var room = (units / 8) + Slack;
        Reserve(classCount * room);
        Array.Clear(counts);
        for (var of = 0; of < classCount; of++)
        {
            starts[of] = of * room;
        }
    }

    /// <summary>Sorts more bits.</summary>
    /// <param name="words">Words of 64 units.</param>
    /// <param name="classes">The class of each unit.</param>
    /// <param name="first">The first class in these words.</param>
    /// <param name="end">The end of the classes in these words (exclusive).</param>
    public void Add(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> classes, int first, int end)
    {
        for (var word = 0; word < words.Length; word += Near)
        {
            var count = Math.Min(Near, words.Length - word);
            var near = words.Slice(word, count);
            var nearClasses = classes.Slice(word * ClassSplit.Word, count * ClassSplit.Word);
            var of = first;
            for (; of < end - 1; of += 2)
            {
                AddTwo(near, nearClasses, of);
            }

            if (of < end)
            {
                AddOne(near, nearClasses, of);
            }
        }
    }

    // Two classes share their loads.
    private void AddTwo(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> classes, int of)
    {
        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        ref readonly var from = ref classes[..(words.Length * ClassSplit.Word)].GetPinnableReference();
        var (leftClass, rightClass, units, rightUnits) = ((byte)of, (byte)(of + 1), 0, 0);
        var (leftPlace, leftPending, leftFilled) = BitsAfter(of);
        var (rightPlace, rightPending, rightFilled) = BitsAfter(of + 1);
        for (var word = 0; word < words.Length; word++)
        {
            ref readonly var of64 = ref Unsafe.Add(ref Unsafe.AsRef(in from), word * ClassSplit.Word);
            var (members, rightMembers) = (ClassSplit.Of(in of64, leftClass), ClassSplit.Of(in of64, rightClass));
            var (more, rightMore) = (BitOperations.PopCount(members), BitOperations.PopCount(rightMembers));
            Append(ref memory, ref leftPlace, ref leftPending, ref leftFilled, ClassSplit.Extract(words[word], members), more);
            Append(ref memory, ref rightPlace, ref rightPending, ref rightFilled, ClassSplit.Extract(words[word], rightMembers), rightMore);
            (units, rightUnits) = (units + more, rightUnits + rightMore);
        }

        Unsafe.WriteUnaligned(ref Unsafe.Add(ref memory, leftPlace), leftPending);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref memory, rightPlace), rightPending);
        (counts[of], counts[of + 1]) = (counts[of] + units, counts[of + 1] + rightUnits);
    }

    private void AddOne(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> classes, int of)
    {
        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        var (place, pending, filled) = BitsAfter(of);
        var units = 0;
        for (var word = 0; word < words.Length; word++)
        {
            var members = ClassSplit.Of(in classes.Slice(word * ClassSplit.Word, ClassSplit.Word)[0], (byte)of);
            var more = BitOperations.PopCount(members);
            Append(ref memory, ref place, ref pending, ref filled, ClassSplit.Extract(words[word], members), more);
            units += more;
        }

        Unsafe.WriteUnaligned(ref Unsafe.Add(ref memory, place), pending);
        counts[of] += units;
    }

    // The end of a class's bits, and its last partial word.
    private (nint Place, ulong Pending, int Filled) BitsAfter(int of)
    {
        var (place, filled) = (starts[of] + (counts[of] / ClassSplit.Word * sizeof(ulong)), counts[of] % ClassSplit.Word);
        return (place, Unsafe.ReadUnaligned<ulong>(in bytes[place]) & ((1UL << filled) - 1), filled);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(ref byte memory, ref nint place, ref ulong pending, ref int filled, ulong sorted, int more)
    {
        pending |= sorted << filled;
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref memory, place), pending);
        var over = sorted >> 1 >> (63 - filled);
        filled += more;
        place += filled >> 6 << 3;
        pending = filled >= ClassSplit.Word ? over : pending;
        filled &= ClassSplit.Word - 1;
    }

    /// <summary>The number of set bits in a class, after sorting.</summary>
    public int CountOf(int of)
    {
        var sum = 0;
        for (var word = 0; word < WordsOf(of); word++)
        {
            sum += BitOperations.PopCount(WordOf(of, word));
        }

        return sum;
    }

    /// <summary>Lists a class's units by their bit, after sorting.</summary>
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

    /// <summary>
    /// A class's bits, after sorting. Undefined bits follow the class's units, and more than eight bytes are readable after them.
    /// </summary>
    public ReadOnlySpan<byte> Of(int of) => bytes.AsSpan(starts[of], (counts[of] / 8) + Slack);

    /// <summary>Starts assembling a block with all bits cleared.</summary>
    public void Clear(int classCount, int units)
    {
        var most = classCount * ((units / 8) + (2 * Slack));
        Reserve(most);
        Array.Clear(counts);
        (starts[0], ends[0]) = (0, 0);
    }

    /// <summary>Sets the bits of a class. Call in the order of classes.</summary>
    /// <param name="of">The class.</param>
    /// <param name="ranks">The class's set units, ascending.</param>
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

    /// <summary>Reserves space for the bits of a class that are not listed. Call in the order of classes.</summary>
    /// <param name="of">The class.</param>
    /// <param name="size">The number of units in the class.</param>
    /// <returns>Zeros; eight bytes longer than the bits.</returns>
    public Span<byte> Place(int of, int size)
    {
        starts[of] = of == 0 ? 0 : ends[of - 1] + Slack;
        ends[of] = starts[of] + ((size + 7) >> 3);
        var target = bytes.AsSpan(starts[of]..(ends[of] + Slack));
        target.Clear();
        return target;
    }

    /// <summary>Assembles a block's bits: the inverse of <see cref="Sort"/>.</summary>
    /// <param name="classes">The class of each unit, padded to whole words.</param>
    /// <param name="active">The classes that have bits.</param>
    /// <param name="inverted">For each class, all bits set if its unset bits were listed.</param>
    /// <param name="words">Filled.</param>
    public void Merge(ReadOnlySpan<byte> classes, ReadOnlySpan<byte> active, ReadOnlySpan<ulong> inverted, Span<ulong> words)
    {
        words.Clear();
        for (var word = 0; word < words.Length; word += Near)
        {
            var count = Math.Min(Near, words.Length - word);
            Take(classes.Slice(word * ClassSplit.Word, count * ClassSplit.Word), active, inverted, words.Slice(word, count));
        }
    }

    private void Take(ReadOnlySpan<byte> classes, ReadOnlySpan<byte> active, ReadOnlySpan<ulong> inverted, Span<ulong> words)
    {
        var index = 0;
        for (; index < active.Length - 1; index += 2)
        {
            TakeTwo(classes, active[index], active[index + 1], inverted, words);
        }

        if (index < active.Length)
        {
            TakeOne(classes, active[index], inverted, words);
        }
    }

    private void TakeTwo(ReadOnlySpan<byte> classes, byte of, byte right, ReadOnlySpan<ulong> inverted, Span<ulong> words)
    {
        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        ref readonly var from = ref classes[..(words.Length * ClassSplit.Word)].GetPinnableReference();
        var (start, end, passed, flip) = (starts[of], ends[of], counts[of], inverted[of]);
        var (rightStart, rightEnd, rightPassed, rightFlip) = (starts[right], ends[right], counts[right], inverted[right]);
        for (var word = 0; word < words.Length; word++)
        {
            ref readonly var of64 = ref Unsafe.Add(ref Unsafe.AsRef(in from), word * ClassSplit.Word);
            var (members, rightMembers) = (ClassSplit.Of(in of64, of), ClassSplit.Of(in of64, right));
            words[word] |= ClassSplit.Deposit(SortedAt(ref memory, start, end, passed) ^ flip, members)
                | ClassSplit.Deposit(SortedAt(ref memory, rightStart, rightEnd, rightPassed) ^ rightFlip, rightMembers);
            passed += BitOperations.PopCount(members);
            rightPassed += BitOperations.PopCount(rightMembers);
        }

        (counts[of], counts[right]) = (passed, rightPassed);
    }

    private void TakeOne(ReadOnlySpan<byte> classes, byte of, ReadOnlySpan<ulong> inverted, Span<ulong> words)
    {
        ref var memory = ref MemoryMarshal.GetArrayDataReference(bytes);
        var (start, end, passed, flip) = (starts[of], ends[of], counts[of], inverted[of]);
        for (var word = 0; word < words.Length; word++)
        {
            var members = ClassSplit.Of(in classes.Slice(word * ClassSplit.Word, ClassSplit.Word)[0], of);
            words[word] |= ClassSplit.Deposit(SortedAt(ref memory, start, end, passed) ^ flip, members);
            passed += BitOperations.PopCount(members);
        }

        counts[of] = passed;
    }

    // The next 64 bits of a class; bits of others follow its end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SortedAt(ref byte memory, int start, int end, int passed)
    {
        ref var source = ref Unsafe.Add(ref memory, Math.Min(start + (passed >> 3), end));
        var shift = passed & 7;
        return (Unsafe.ReadUnaligned<ulong>(ref source) >> shift) | ((ulong)Unsafe.Add(ref source, sizeof(ulong)) << 1 << (63 - shift));
    }

    private int WordsOf(int of) => (counts[of] + ClassSplit.Word - 1) / ClassSplit.Word;

    // Masks the undefined bits after the end of the class.
    private ulong WordOf(int of, int word)
    {
        var rest = counts[of] - (word * ClassSplit.Word);
        var bits = Unsafe.ReadUnaligned<ulong>(ref bytes[starts[of] + (word * sizeof(ulong))]);
        return rest >= ClassSplit.Word ? bits : bits & ((1UL << rest) - 1);
    }

    private void Reserve(int length) => bytes = bytes.Length < length ? new byte[length] : bytes;
}
