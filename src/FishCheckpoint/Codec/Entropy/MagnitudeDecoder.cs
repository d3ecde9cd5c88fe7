using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// The decoder of <see cref="MagnitudeCoder"/>: all numbers at once, or, if decoded numbers determine the class of the next ones, some at a
/// time after <see cref="TryStart"/>.
/// </summary>
internal sealed class MagnitudeDecoder
{
    private const int MaxClasses = MagnitudeCoder.MaxClasses;
    private const int Symbols = Magnitudes.Symbols;

    private readonly AnsTables tables = new(MaxClasses, Symbols);
    private readonly int[] placeOf = new int[MaxClasses];
    private readonly short[] scaled = new short[Symbols];
    private readonly byte[] groupOf = new byte[MaxClasses];
    private readonly byte[] levels = new byte[SymbolRates.MaxRates];
    private int first;
    private int groups;
    private uint next;
    private uint after;

    /// <summary>Decodes numbers: the inverse of <see cref="MagnitudeEncoder.Encode{T}"/>.</summary>
    /// <param name="source">The encoded bytes and possibly more.</param>
    /// <param name="signed">Whether they are zigzag distances.</param>
    /// <param name="classes">The class of each number.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="numbers">Filled.</param>
    /// <returns>Bytes read; -1 if the bytes are invalid.</returns>
    public int Decode<T>(ReadOnlySpan<byte> source, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = new BitReader(source);
        if (!TryStart(ref reader, classCount))
        {
            return -1;
        }

        if (groups == 1)
        {
            GoOn(ref reader, signed, numbers);
        }
        else
        {
            GoOn(ref reader, signed, classes, numbers);
        }

        return reader.Overrun ? -1 : reader.Length;
    }

    /// <summary>
    /// Decodes magnitudes whose class is <see cref="MagnitudeCoder.ClassAfter"/> of the previous one; the first class is 0.
    /// </summary>
    /// <param name="source">The encoded bytes and possibly more.</param>
    /// <param name="numbers">Filled.</param>
    /// <returns>Bytes read; -1 if the bytes are invalid.</returns>
    public int DecodeChained(ReadOnlySpan<byte> source, Span<ulong> numbers)
    {
        var reader = new BitReader(source);
        if (!TryStart(ref reader, MagnitudeCoder.ClassesAfter))
        {
            return -1;
        }

        ReadOnlySpan<int> places = placeOf;
        var table = tables.Decoding;
        var plainBits = Magnitudes.BitsOf(signed: false);
        var (current, other, of) = (next, after, (byte)0);
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = Next(ref reader, plainBits, false, table[places[of] + (int)current], ref current);
            of = MagnitudeCoder.ClassAfter(numbers[index]);
            (current, other) = (other, current);
        }

        return reader.Overrun ? -1 : reader.Length;
    }

    /// <summary>Reads the tables and the first states.</summary>
    /// <returns>Whether the tables are valid.</returns>
    public bool TryStart(ref BitReader reader, int classCount)
    {
        if (!TryReadTables(ref reader, classCount, out var log))
        {
            return false;
        }

        for (var of = 0; of < classCount; of++)
        {
            placeOf[of] = groupOf[of] << AnsTables.MaxLog;
        }

        (next, after) = ((uint)reader.Read(log), (uint)reader.Read(log));
        return true;
    }

    /// <summary>Reads the next numbers with the given classes.</summary>
    public void GoOn<T>(ref BitReader source, bool signed, ReadOnlySpan<byte> classes, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = source;
        var plainBits = Magnitudes.BitsOf(signed);
        var table = tables.Decoding;
        ReadOnlySpan<int> places = placeOf;
        var (even, odd) = (next, after);
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = T.CreateTruncating(Next(ref reader, plainBits, signed, table[places[classes[index]] + (int)even], ref even));
            (even, odd) = (odd, even);
        }

        (next, after) = (even, odd);
        source = reader;
    }

    private void GoOn<T>(ref BitReader source, bool signed, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = source;
        var plainBits = Magnitudes.BitsOf(signed);
        var table = tables.Decoding;
        var (even, odd) = (next, after);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Next(ref BitReader reader, ReadOnlySpan<byte> plainBits, bool signed, uint entry, ref uint state)
    {
        var (stateBits, symbol) = ((int)(entry >> 24), (int)((entry >> 16) & 0xFF));
        var peeked = reader.Peek();
        state = (entry & 0xFFFF) + (uint)(peeked & ((1UL << stateBits) - 1));
        int plain = plainBits[symbol];
        ulong rest;
        if (stateBits + plain <= BitReader.MaxBits)
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

    private bool TryReadTables(ref BitReader reader, int classCount, out int log)
    {
        groups = (int)reader.Read(5) + 1;
        groupOf[0] = 0;
        for (var of = 1; of < classCount; of++)
        {
            groupOf[of] = (byte)(groupOf[of - 1] + (groups > 1 ? (int)reader.Read(1) : 0));
        }

        log = (int)reader.Read(4);
        var (byRates, byEither) = (log < AnsTables.MinLog, log == AnsTables.MaxLog + 1);
        log = byRates ? log + AnsTables.MinLog : byEither ? (int)reader.Read(3) + AnsTables.MinLog : log;
        if (groups > classCount || groupOf[classCount - 1] != groups - 1 || log > AnsTables.MaxLog
            || (byRates && !TryReadFirst(ref reader)))
        {
            return false;
        }

        for (var group = 0; group < groups; group++)
        {
            var byLevels = byEither && reader.Read(1) == 0;
            if (!(byRates ? TryReadRates(ref reader, log) : byLevels ? SymbolLevels.TryRead(ref reader, scaled, log)
                : SymbolCounts.TryRead(ref reader, scaled, log)))
            {
                return false;
            }

            tables.BuildDecoding(group, scaled, log);
        }

        return true;
    }

    private bool TryReadFirst(ref BitReader reader)
    {
        first = SymbolCounts.ReadNumber(ref reader);
        return first < Symbols;
    }

    private bool TryReadRates(ref BitReader reader, int log)
    {
        var (symbols, rates) = SymbolRates.Read(ref reader, levels);
        if (symbols == 0 || first + symbols > Symbols || SymbolRates.LeastLog(symbols) > log || reader.Overrun)
        {
            return false;
        }

        scaled.AsSpan().Clear();
        SymbolRates.Scale(levels.AsSpan(0, rates), log, scaled.AsSpan(first, symbols));
        return true;
    }
}
