using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>The encoder of <see cref="MagnitudeCoder"/>.</summary>
internal sealed class MagnitudeEncoder
{
    private const int MaxClasses = MagnitudeCoder.MaxClasses;
    private const int Symbols = Magnitudes.Symbols;
    private const int RatesMaxLog = 9;

    private readonly AnsTables tables = new(MaxClasses, Symbols);
    private readonly int[] counts = new int[MaxClasses * Symbols];
    private readonly short[] scaled = new short[Symbols];
    private readonly byte[] groupOf = new byte[MaxClasses];
    private readonly int[] placeOf = new int[MaxClasses];
    private readonly byte[] levels = new byte[SymbolRates.MaxRates];
    private byte[] symbols = [];
    private byte[] backwards = [];
    private int first;
    private int used;

    /// <summary>Encodes numbers.</summary>
    /// <param name="numbers">At least one.</param>
    /// <param name="signed">Whether they are zigzag distances instead of magnitudes.</param>
    /// <param name="classes">The class of each number, known to the decoder; empty if there is one class.</param>
    /// <param name="classCount">The number of classes, at most <see cref="MagnitudeCoder.MaxClasses"/>.</param>
    /// <param name="destination">Space for <see cref="MagnitudeCoder.RoomFor"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Encode<T>(ReadOnlySpan<T> numbers, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        Prepare(numbers.Length, Unsafe.SizeOf<T>());
        Count(numbers, signed, classes, classCount);
        var groups = Group(classCount);
        var writer = new BitWriter(destination);
        writer.Write((ulong)groups - 1, 5);
        for (var of = 1; of < classCount && groups > 1; of++)
        {
            writer.Write(groupOf[of] == groupOf[of - 1] ? 0UL : 1, 1);
        }

        var log = WriteTables(ref writer, groups, numbers.Length);
        var coded = backwards.AsSpan(0, MagnitudeCoder.RoomFor(numbers.Length, Unsafe.SizeOf<T>()));
        var (even, odd, start) = EncodeBackwards(numbers, signed, groups > 1 ? classes : [], 1U << log, coded);
        writer.Write(even - (1U << log), log);
        writer.Write(odd - (1U << log), log);
        BackwardBitWriter.Append(ref writer, coded, start);
        return writer.Length;
    }

    /// <summary>Estimates the encoded length of magnitudes in bytes from a sample.</summary>
    /// <param name="numbers">The magnitudes.</param>
    /// <param name="chained">Whether the previous magnitude determines the class (<see cref="MagnitudeCoder.ClassAfter"/>) or all have one
    /// class.</param>
    public double Estimate<T>(ReadOnlySpan<T> numbers, bool chained)
        where T : unmanaged, IBinaryInteger<T>
    {
        // A few contiguous stretches, because similar numbers are often adjacent.
        const int stretch = 1024, stretches = 4;
        var (classes, all) = (chained ? MagnitudeCoder.ClassesAfter : 1, numbers.Length <= stretch * stretches);
        Array.Clear(counts, 0, classes * Symbols);
        var (plain, seen) = (0L, 0);
        for (var part = 0; part < (all ? 1 : stretches); part++)
        {
            var of = 0;
            foreach (var number in all ? numbers : numbers.Slice((int)((long)part * (numbers.Length - stretch) / (stretches - 1)), stretch))
            {
                var magnitude = ulong.CreateTruncating(number);
                var symbol = Magnitudes.SymbolOf(magnitude);
                counts[(of * Symbols) + symbol]++;
                of = chained ? MagnitudeCoder.ClassAfter(magnitude) : 0;
                plain += Magnitudes.BitsOf(signed: false)[symbol];
                seen++;
            }
        }

        var spent = 0f;
        for (var of = 0; of < classes; of++)
        {
            spent += SymbolLevels.Cost(counts.AsSpan(of * Symbols, Symbols));
        }

        return seen == 0 ? 0 : (spent + plain) * numbers.Length / seen / 8;
    }

    // Writes tables in full, or as rates if that is shorter. The log of the states, minus its minimum, encodes which.
    private int WriteTables(ref BitWriter writer, int groups, int count)
    {
        var (full, byRates) = (0f, 0f);
        for (var group = 0; group < groups; group++)
        {
            full += SymbolLevels.Cost(CountsOf(group));
            SymbolRates.Choose(SpanOf(CountsOf(group)), levels, out var bits);
            byRates += bits;
        }

        Array.Clear(scaled);
        var log = byRates <= full ? RatesLog(groups, count) : Log(groups);
        if (byRates <= full)
        {
            writer.Write((ulong)(log - AnsTables.MinLog), 4);
            SymbolCounts.WriteNumber(ref writer, first);
        }
        else
        {
            writer.Write((ulong)(AnsTables.MaxLog + 1) | ((ulong)(log - AnsTables.MinLog) << 4), 7);
        }

        for (var group = 0; group < groups; group++)
        {
            var states = scaled.AsSpan(first, used);
            if (byRates <= full)
            {
                var of = SpanOf(CountsOf(group));
                var rates = levels.AsSpan(0, SymbolRates.Choose(of, levels, out _));
                SymbolRates.Write(ref writer, of.Length, rates);
                states.Clear();
                SymbolRates.Scale(rates, log, states[..Math.Max(1, of.Length)]);
            }
            else
            {
                WriteTable(ref writer, CountsOf(group), log, states);
            }

            tables.BuildEncoding(group, scaled, log);
        }

        return log;
    }

    // Writes counts if rounding to levels would cost more than it saves: few symbols, all frequent.
    private void WriteTable(ref BitWriter writer, ReadOnlySpan<int> of, int log, Span<short> states)
    {
        SymbolCounts.Scale(of, log, states);
        var byCounts = SymbolCounts.Cost(of, states, log);
        SymbolLevels.Scale(of, log, states);
        if (SymbolLevels.Cost(of, states, log) <= byCounts)
        {
            writer.Write(0, 1);
            SymbolLevels.Write(ref writer, scaled, log);
            return;
        }

        writer.Write(1, 1);
        SymbolCounts.Scale(of, log, states);
        SymbolCounts.Write(ref writer, scaled);
    }

    private static ReadOnlySpan<int> SpanOf(ReadOnlySpan<int> of) => of[..(of.LastIndexOfAnyExcept(0) + 1)];

    // More states than values in a group do not improve the rates.
    private int RatesLog(int groups, int count) =>
        Math.Clamp(BitOperations.Log2((uint)(count / groups) | 1) + 1, SymbolRates.LeastLog(used),
            Math.Max(RatesMaxLog, SymbolRates.LeastLog(used)));

    private void Prepare(int count, int unitSize)
    {
        symbols = symbols.Length < count ? new byte[count] : symbols;
        var room = MagnitudeCoder.RoomFor(count, unitSize);
        backwards = backwards.Length < room ? new byte[room] : backwards;
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

    // The symbols that occur; the rest of a row is 0.
    private Span<int> CountsOf(int group) => counts.AsSpan((group * Symbols) + first, used);

    // Merges neighboring classes into one table if two would cost more than they save, best pair first.
    private int Group(int classCount)
    {
        Span<float> costs = stackalloc float[MaxClasses];
        Span<float> joined = stackalloc float[MaxClasses];
        Span<int> both = stackalloc int[Symbols];
        var groups = classCount;
        for (var group = 0; group < groups; group++)
        {
            (groupOf[group], costs[group]) = ((byte)group, Cost(CountsOf(group)));
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

        return Cost(both[..left.Length]);
    }

    private float Cost(ReadOnlySpan<int> of)
    {
        SymbolRates.Choose(SpanOf(of), levels, out var byRates);
        return Math.Min(byRates, SymbolLevels.Cost(of));
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

    // The number of states that pays off: more states fit the counts better, but their table is longer.
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
                SymbolLevels.Scale(of, log, scaled.AsSpan(first, used));
                cost += SymbolLevels.Cost(of, scaled.AsSpan(first, used), log);
            }

            (best, bestCost) = cost < bestCost ? (log, cost) : (best, bestCost);
        }

        return best;
    }

    // Encodes in reverse: the last symbol to encode is the first to decode, an even one.
    private (uint Even, uint Odd, int Start) EncodeBackwards<T>(
        ReadOnlySpan<T> numbers, bool signed, ReadOnlySpan<byte> classes, uint state, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var of = 0; of < MaxClasses; of++)
        {
            placeOf[of] = groupOf[of] * Symbols;
        }

        var encoder = tables.EncoderFrom(0);
        var writer = new BackwardBitWriter(destination);
        var plainBits = Magnitudes.BitsOf(signed);
        ReadOnlySpan<int> places = placeOf;
        ReadOnlySpan<byte> symbolOf = symbols.AsSpan(0, numbers.Length);
        var (current, other, index) = (state, state, numbers.Length - 1);
        if (plainBits[first + used - 1] <= (BackwardBitWriter.MaxBits / 2) - AnsTables.MaxLog)
        {
            // Two numbers per write.
            for (; index > 0; index -= 2)
            {
                int symbol = symbolOf[index], before = symbolOf[index - 1];
                var (place, placeBefore) = classes.Length == 0 ? (0, 0) : (places[classes[index]], places[classes[index - 1]]);
                var second = encoder.Encode(ref other, place + symbol, out var secondBits);
                var one = encoder.Encode(ref current, placeBefore + before, out var oneBits);
                int plain = plainBits[symbol], plainBefore = plainBits[before];
                second |= Rest(numbers[index], signed, plain) << secondBits;
                one |= Rest(numbers[index - 1], signed, plainBefore) << oneBits;
                writer.Write(one | (second << (oneBits + plainBefore)), oneBits + plainBefore + secondBits + plain);
            }
        }

        for (; index >= 0; index--)
        {
            var low = encoder.Encode(ref other, (classes.Length == 0 ? 0 : places[classes[index]]) + symbolOf[index], out var taken);
            int plain = plainBits[symbolOf[index]];
            var rest = Rest(numbers[index], signed, plain);
            if (taken + plain <= BackwardBitWriter.MaxBits)
            {
                writer.Write(low | (rest << taken), taken + plain);
            }
            else
            {
                writer.WriteLong(rest, plain);
                writer.Write(low, taken);
            }

            (current, other) = (other, current);
        }

        return (current, other, writer.Start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Rest<T>(T number, bool signed, int bits)
        where T : unmanaged, IBinaryInteger<T>
    {
        var all = ulong.CreateTruncating(number);
        return (signed ? (Magnitudes.OfZigzag(all) << 1) | (all & 1) : all) & ((1UL << bits) - 1);
    }
}
