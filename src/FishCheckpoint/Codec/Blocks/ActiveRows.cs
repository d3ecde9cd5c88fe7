using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// The changed rows of a block in which many rows are unchanged (docs/reference/format/blocks.md, "Positions by rate in rows"). For
/// example, a step does not change the embeddings of tokens that it has not seen, and their units would distort the rates of the others.
/// Owns working memory.
/// </summary>
internal sealed class ActiveRows
{
    private const int ParameterBits = 7;

    // The approximate cost of listing the rows: bits per row, and some bytes.
    private const int RowBits = 2;
    private const int Bits = 256;

    private BlockRows rows;
    private int[] active = [];
    private int count;

    /// <summary>Finds the rows of positions.</summary>
    /// <param name="positions">Ascending; at least one.</param>
    /// <param name="rows">The block's offset in its tensor's rows.</param>
    /// <param name="units">The number of units in the block.</param>
    /// <returns>Whether listing the rows saves bytes.</returns>
    public bool Find(ReadOnlySpan<int> positions, BlockRows rows, int units)
    {
        if (rows.Length is 0 or > int.MaxValue)
        {
            return false;
        }

        this.rows = rows;
        var all = Rows(units);
        Reserve(Math.Min(all, positions.Length));
        count = 0;
        for (long index = 0, end = long.MinValue; index < positions.Length; index++)
        {
            if (positions[(int)index] + rows.Offset >= end)
            {
                var row = (positions[(int)index] + rows.Offset) / rows.Length;
                (active[count++], end) = ((int)row, (row + 1) * rows.Length);
            }
        }

        // Each position is in a fraction of the units, which saves the logarithm of that fraction in bits.
        return positions.Length * Math.Log2((double)all / count) > (RowBits * all) + Bits;
    }

    /// <summary>Writes the rows.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(int units, Span<byte> destination)
    {
        var length = Varint.Write(destination, (ulong)rows.Length);
        length += Varint.Write(destination[length..], (ulong)rows.Offset);
        var writer = new BitWriter(destination[length..]);
        var all = Rows(units);
        var parameter = RankCoder.ParameterFor(count, all);
        writer.Write((ulong)parameter, ParameterBits);
        RankCoder.WriteToEnd(ref writer, active.AsSpan(0, count), parameter, all);
        return length + writer.Length;
    }

    /// <summary>Reads rows: the inverse of <see cref="Write"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the rows.</param>
    /// <param name="units">The number of units in the block.</param>
    /// <returns>Whether the bytes are a valid encoding.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> source, int units)
    {
        if (!Varint.TryRead(ref source, out var length) || !Varint.TryRead(ref source, out var offset) || length is 0 or > int.MaxValue
            || offset >= length)
        {
            return false;
        }

        rows = new BlockRows((long)length, (long)offset);
        var all = Rows(units);
        var reader = new BitReader(source);
        var parameter = (int)reader.Read(ParameterBits);
        Reserve(all);
        count = parameter < RankCoder.Count ? RankCoder.ReadToEnd(ref reader, active, parameter, all) : -1;
        source = source[Math.Min(source.Length, reader.Length)..];
        return count >= 0;
    }

    /// <summary>Removes the units of unchanged rows from their classes.</summary>
    /// <param name="classes">The class of each unit.</param>
    public void Exclude(Span<byte> classes)
    {
        var end = 0;
        foreach (var row in active.AsSpan(0, count))
        {
            var start = (row * rows.Length) - rows.Offset;
            classes[end..(int)Math.Max(0, start)].Fill(byte.MaxValue);
            end = (int)Math.Min(classes.Length, start + rows.Length);
        }

        classes[end..].Fill(byte.MaxValue);
    }

    // The number of rows that the units touch.
    private int Rows(int units) => (int)((rows.Offset + units - 1) / rows.Length) + 1;

    private void Reserve(int most) => active = active.Length < most ? new int[most] : active;
}
