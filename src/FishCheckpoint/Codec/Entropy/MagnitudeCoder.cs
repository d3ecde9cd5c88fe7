using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Numbers near their entropy, each given its class (docs/FORMAT.md, "Magnitudes"): symbols by tables, one for each group of neighbouring classes, with two
/// interleaved states, and the plain bits of each number right after its symbol. Holds the working memory; not safe for use by two threads at once.
/// </summary>
internal sealed class MagnitudeCoder
{
    /// <summary>The most classes.</summary>
    public const int MaxClasses = 32;

    /// <summary>The number of classes that <see cref="ClassAfter"/> tells apart.</summary>
    public const int ClassesAfter = 12;

    private const int Symbols = Magnitudes.Symbols;

    private readonly AnsTables tables = new(MaxClasses, Symbols);
    private readonly int[] placeOf = new int[MaxClasses];
    private readonly int[] counts = new int[MaxClasses * Symbols];
    private readonly short[] scaled = new short[Symbols];
    private readonly byte[] groupOf = new byte[MaxClasses];
    private byte[] symbols = [];
    private ushort[] lows = [];
    private byte[] bits = [];
    private int first;
    private int used;

    /// <summary>Room that <see cref="Encode{T}"/> needs at most, in bytes.</summary>
    public static int RoomFor(int count, int unitSize) => 64 + (MaxClasses * Symbols * 2) + (int)(((long)count * ((8 * unitSize) + AnsTables.MaxLog)) / 8);

    /// <summary>The class of a number by the one before it: small ones come together.</summary>
    public static byte ClassAfter(ulong number) => (byte)Math.Min(ClassesAfter - 1, BitOperations.Log2(number + 1));

    /// <summary>Encodes numbers.</summary>
    /// <param name="numbers">At least one.</param>
    /// <param name="signed">Whether they are zigzag distances, and not magnitudes.</param>
    /// <param name="classes">The class of each, known to the decoder; empty where there is one class.</param>
    /// <param name="classCount">The number of classes, at most <see cref="MaxClasses"/>.</param>
    /// <param name="destination">Room of <see cref="RoomFor"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Encode<T>(ReadOnlySpan<T> numbers, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        Prepare(numbers.Length);
        Count(numbers, signed, classes, classCount);
        var groups = Group(classCount);
        Array.Clear(scaled);
        var log = Log(groups);
        var writer = new BitWriter(destination);
        writer.Write((ulong)groups - 1, 5);
        for (var of = 1; of < classCount && groups > 1; of++)
        {
            writer.Write(groupOf[of] == groupOf[of - 1] ? 0UL : 1, 1);
        }

        writer.Write((ulong)log, 4);
        for (var group = 0; group < groups; group++)
        {
            SymbolCounts.Scale(CountsOf(group), log, scaled.AsSpan(first, used));
            SymbolCounts.Write(ref writer, scaled);
            tables.BuildEncoding(group, scaled, log);
        }

        var (even, odd) = EncodeBackwards(numbers.Length, classes, groups, 1U << log);
        writer.Write(even - (1U << log), log);
        writer.Write(odd - (1U << log), log);
        Emit(numbers, signed, ref writer);
        return writer.Length;
    }

    /// <summary>Decodes numbers: the mirror of <see cref="Encode{T}"/>.</summary>
    /// <param name="source">The encoded bytes; more may follow.</param>
    /// <param name="signed">Whether they are zigzag distances.</param>
    /// <param name="classes">The class of each number.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="numbers">Filled.</param>
    /// <returns>Bytes read; -1 where they are not what an encoder writes.</returns>
    public int Decode<T>(ReadOnlySpan<byte> source, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = new BitReader(source);
        if (!TryReadTables(ref reader, classCount, out var groups, out var log))
        {
            return -1;
        }

        if (groups == 1)
        {
            DecodeAll(ref reader, log, signed, numbers);
        }
        else
        {
            DecodeAll(ref reader, log, signed, classes, numbers);
        }

        return reader.Overrun ? -1 : reader.Length;
    }

    /// <summary>Decodes magnitudes of which each has the class <see cref="ClassAfter"/> of the one before, and the first class 0.</summary>
    /// <param name="source">The encoded bytes; more may follow.</param>
    /// <param name="numbers">Filled.</param>
    /// <returns>Bytes read; -1 where they are not what an encoder writes.</returns>
    public int DecodeChained(ReadOnlySpan<byte> source, Span<ulong> numbers)
    {
        var reader = new BitReader(source);
        if (!TryReadTables(ref reader, ClassesAfter, out _, out var log))
        {
            return -1;
        }

        ReadOnlySpan<int> places = Places(1 << AnsTables.MaxLog);
        var table = tables.Decoding;
        var plainBits = Magnitudes.BitsOf(signed: false);
        var (current, other, of) = ((uint)reader.Read(log), (uint)reader.Read(log), (byte)0);
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = Next(ref reader, plainBits, false, table[places[of] + (int)current], ref current);
            of = ClassAfter(numbers[index]);
            (current, other) = (other, current);
        }

        return reader.Overrun ? -1 : reader.Length;
    }

    private bool TryReadTables(ref BitReader reader, int classCount, out int groups, out int log)
    {
        groups = (int)reader.Read(5) + 1;
        groupOf[0] = 0;
        for (var of = 1; of < classCount; of++)
        {
            groupOf[of] = (byte)(groupOf[of - 1] + (groups > 1 ? (int)reader.Read(1) : 0));
        }

        log = (int)reader.Read(4);
        if (groups > classCount || groupOf[classCount - 1] != groups - 1 || log is < AnsTables.MinLog or > AnsTables.MaxLog)
        {
            return false;
        }

        for (var group = 0; group < groups; group++)
        {
            if (!SymbolCounts.TryRead(ref reader, scaled, log))
            {
                return false;
            }

            tables.BuildDecoding(group, scaled, log);
        }

        return true;
    }

    private void DecodeAll<T>(ref BitReader source, int log, bool signed, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = source;
        var plainBits = Magnitudes.BitsOf(signed);
        var table = tables.Decoding;
        var (even, odd) = ((uint)reader.Read(log), (uint)reader.Read(log));
        var index = 0;
        for (; index < numbers.Length - 1; index += 2)
        {
            numbers[index] = T.CreateTruncating(Next(ref reader, plainBits, signed, table[(int)even], ref even));
            numbers[index + 1] = T.CreateTruncating(Next(ref reader, plainBits, signed, table[(int)odd], ref odd));
        }

        if (index < numbers.Length)
        {
            numbers[index] = T.CreateTruncating(Next(ref reader, plainBits, signed, table[(int)even], ref even));
        }

        source = reader;
    }

    private void DecodeAll<T>(ref BitReader source, int log, bool signed, ReadOnlySpan<byte> classes, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = source;
        var plainBits = Magnitudes.BitsOf(signed);
        var table = tables.Decoding;
        ReadOnlySpan<int> places = Places(1 << AnsTables.MaxLog);
        var (even, odd) = ((uint)reader.Read(log), (uint)reader.Read(log));
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = T.CreateTruncating(Next(ref reader, plainBits, signed, table[places[classes[index]] + (int)even], ref even));
            (even, odd) = (odd, even);
        }

        source = reader;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Next(ref BitReader reader, ReadOnlySpan<byte> plainBits, bool signed, uint entry, ref uint state)
    {
        var (stateBits, symbol) = ((int)(entry >> 24), (int)((entry >> 16) & 0xFF));
        var peeked = reader.Peek();
        state = (entry & 0xFFFF) + (uint)(peeked & ((1UL << stateBits) - 1));
        int plain = plainBits[symbol];
        ulong rest;
        if (stateBits + plain <= BitReader.Most)
        {
            reader.Skip(stateBits + plain);
            rest = (peeked >> stateBits) & ((1UL << plain) - 1);
        }
        else
        {
            reader.Skip(stateBits);
            rest = reader.ReadLong(plain);
        }

        var smallest = Magnitudes.BaseOf[symbol];
        return signed ? ((smallest + (rest >> 1)) << 1) - (rest & 1) : smallest + rest;
    }

    private void Prepare(int count)
    {
        if (symbols.Length < count)
        {
            (symbols, lows, bits) = (new byte[count], new ushort[count], new byte[count]);
        }
    }

    private void Count<T>(ReadOnlySpan<T> numbers, bool signed, ReadOnlySpan<byte> classes, int classCount)
        where T : unmanaged, IBinaryInteger<T>
    {
        Array.Clear(counts, 0, classCount * Symbols);
        var (least, most) = (Symbols - 1, 0);
        for (var index = 0; index < numbers.Length; index++)
        {
            var number = ulong.CreateTruncating(numbers[index]);
            var symbol = Magnitudes.SymbolOf(signed ? Magnitudes.OfZigzag(number) : number);
            symbols[index] = (byte)symbol;
            counts[(classes.Length == 0 ? 0 : classes[index] * Symbols) + symbol]++;
            (least, most) = (Math.Min(least, symbol), Math.Max(most, symbol));
        }

        (first, used) = (least, most - least + 1);
    }

    // The symbols that occur at all: the rest of a row is 0.
    private Span<int> CountsOf(int group) => counts.AsSpan((group * Symbols) + first, used);

    // Neighbouring classes share a table where two would cost more than they save; the best pair first.
    private int Group(int classCount)
    {
        Span<float> costs = stackalloc float[MaxClasses];
        Span<float> joined = stackalloc float[MaxClasses];
        Span<int> both = stackalloc int[Symbols];
        var groups = classCount;
        for (var group = 0; group < groups; group++)
        {
            (groupOf[group], costs[group]) = ((byte)group, SymbolCounts.Cost(CountsOf(group)));
        }

        for (var group = 0; group < groups - 1; group++)
        {
            joined[group] = JoinedCost(group, both);
        }

        while (groups > 1)
        {
            var (best, gain) = (-1, 0f);
            for (var group = 0; group < groups - 1; group++)
            {
                var saved = costs[group] + costs[group + 1] - joined[group];
                (best, gain) = best < 0 || saved > gain ? (group, saved) : (best, gain);
            }

            if (gain < 0)
            {
                break;
            }

            Join(best, groups, classCount);
            groups--;
            costs[best] = joined[best];
            costs[(best + 2)..(groups + 1)].CopyTo(costs[(best + 1)..]);
            joined[(best + 1)..groups].CopyTo(joined[best..]);
            for (var group = Math.Max(0, best - 1); group <= Math.Min(best, groups - 2); group++)
            {
                joined[group] = JoinedCost(group, both);
            }
        }

        return groups;
    }

    private float JoinedCost(int group, Span<int> both)
    {
        var left = CountsOf(group);
        var right = CountsOf(group + 1);
        for (var symbol = 0; symbol < left.Length; symbol++)
        {
            both[symbol] = left[symbol] + right[symbol];
        }

        return SymbolCounts.Cost(both[..left.Length]);
    }

    private void Join(int group, int groups, int classCount)
    {
        var left = CountsOf(group);
        var right = CountsOf(group + 1);
        for (var symbol = 0; symbol < left.Length; symbol++)
        {
            left[symbol] += right[symbol];
        }

        counts.AsSpan((group + 2) * Symbols, (groups - group - 2) * Symbols).CopyTo(counts.AsSpan((group + 1) * Symbols));
        for (var of = 0; of < classCount; of++)
        {
            groupOf[of] -= (byte)(groupOf[of] > group ? 1 : 0);
        }
    }

    // The states that pay: more of them fit the counts better, and their table takes more to tell.
    private int Log(int groups)
    {
        var least = 0;
        for (var group = 0; group < groups; group++)
        {
            least = Math.Max(least, SymbolCounts.LeastLog(CountsOf(group)));
        }

        var (best, bestCost) = (least, float.MaxValue);
        for (var log = least; log <= AnsTables.MaxLog; log++)
        {
            var cost = 2f * log;
            for (var group = 0; group < groups; group++)
            {
                var of = CountsOf(group);
                SymbolCounts.Scale(of, log, scaled.AsSpan(first, used));
                cost += SymbolCounts.Cost(of, scaled.AsSpan(first, used), log);
            }

            (best, bestCost) = cost < bestCost ? (log, cost) : (best, bestCost);
        }

        return best;
    }

    private (uint Even, uint Odd) EncodeBackwards(int count, ReadOnlySpan<byte> classes, int groups, uint start)
    {
        ReadOnlySpan<int> places = Places(Symbols);
        var one = groups == 1;
        var (current, other) = (start, start);
        for (var index = count - 1; index >= 0; index--)
        {
            var before = other;
            var taken = tables.Encode(ref other, (one ? 0 : places[classes[index]]) + symbols[index]);
            lows[index] = (ushort)(before & ((1U << taken) - 1));
            bits[index] = (byte)taken;
            (current, other) = (other, current);
        }

        // The last one taken in is the first one out: an even number.
        return (current, other);
    }

    // Where the table of each class begins.
    private int[] Places(int tableLength)
    {
        for (var of = 0; of < MaxClasses; of++)
        {
            placeOf[of] = groupOf[of] * tableLength;
        }

        return placeOf;
    }

    private void Emit<T>(ReadOnlySpan<T> numbers, bool signed, ref BitWriter destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        var writer = destination;
        var plainBits = Magnitudes.BitsOf(signed);
        for (var index = 0; index < numbers.Length; index++)
        {
            int plain = plainBits[symbols[index]];
            var number = ulong.CreateTruncating(numbers[index]);
            var rest = (signed ? (Magnitudes.OfZigzag(number) << 1) | (number & 1) : number) & ((1UL << plain) - 1);
            if (bits[index] + plain <= BitWriter.Most)
            {
                writer.Write(lows[index] | (rest << bits[index]), bits[index] + plain);
            }
            else
            {
                writer.Write(lows[index], bits[index]);
                writer.WriteLong(rest, plain);
            }
        }

        destination = writer;
    }
}
