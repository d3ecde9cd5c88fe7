using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Reads the rows of a page, including their overflow pages.</summary>
internal sealed class PageCells(PageFile pages)
{
    // SQLite's limit for a row.
    private const long LongestRow = 1_000_000_000;

    /// <summary>Rows that could not be read because of a damaged overflow page.</summary>
    public int Failures { get; private set; }

    /// <summary>The positions of a page's cells.</summary>
    public static IEnumerable<int> PlacesOf(byte[] page, int head, int usable)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(page.AsSpan(head + 3));
        var length = page[head] is PageTree.InnerIndex or PageTree.InnerTable ? 12 : 8;
        for (var index = 0; index < count && head + length + (2 * index) + 2 <= usable; index++)
        {
            var place = BinaryPrimitives.ReadUInt16BigEndian(page.AsSpan(head + length + (2 * index)));
            if (place >= head + length && place + 4 <= usable)
            {
                yield return place;
            }
        }
    }

    /// <summary>The rows of a page with their ids; 0 for rows without.</summary>
    public IEnumerable<(long Row, object?[] Values)> Read(int number)
    {
        if (pages.TryRead(number) is not { } page)
        {
            yield break;
        }

        var head = number == 1 ? 100 : 0;
        foreach (var place in page[head] == PageTree.InnerTable ? [] : PlacesOf(page, head, pages.Usable))
        {
            (long, object?[])? row = null;
            try
            {
                row = ReadCell(page, page[head], place);
            }
            catch (Exception error)
                when (error is InvalidDataException or ArgumentException or IndexOutOfRangeException or OverflowException)
            {
                Failures++;
            }

            if (row is { } found)
            {
                yield return found;
            }
        }
    }

    private (long Row, object?[] Values) ReadCell(byte[] page, byte kind, int place)
    {
        var at = place + (kind == PageTree.InnerIndex ? 4 : 0);
        var length = Number(page, ref at);
        Require(length is > 0 and <= LongestRow && length <= (long)pages.Count * pages.Usable);
        var row = kind == PageTree.LeafTable ? Number(page, ref at) : 0;
        return (row, Record(Payload(page, kind, at, (int)length)));
    }

    private byte[] Payload(byte[] page, byte kind, int at, int length)
    {
        var usable = pages.Usable;
        var most = kind == PageTree.LeafTable ? usable - 35 : ((usable - 12) * 64 / 255) - 23;
        var least = ((usable - 12) * 32 / 255) - 23;
        var wanted = least + ((length - least) % (usable - 4));
        var here = length <= most ? length : wanted <= most ? wanted : least;
        Require(at + here + (here < length ? 4 : 0) <= usable);
        var payload = new byte[length];
        page.AsSpan(at, here).CopyTo(payload);
        var next = here < length ? (int)BinaryPrimitives.ReadUInt32BigEndian(page.AsSpan(at + here)) : 0;
        for (var read = here; read < length;)
        {
            var over = pages.TryRead(next) ?? throw new InvalidDataException();
            var part = Math.Min(length - read, usable - 4);
            over.AsSpan(4, part).CopyTo(payload.AsSpan(read));
            (read, next) = (read + part, (int)BinaryPrimitives.ReadUInt32BigEndian(over));
        }

        return payload;
    }

    private static object?[] Record(byte[] payload)
    {
        var at = 0;
        var end = checked((int)Number(payload, ref at));
        var values = new List<object?>();
        for (var data = end; at < end;)
        {
            values.Add(Value(payload, Number(payload, ref at), ref data));
        }

        return [.. values];
    }

    private static object? Value(byte[] payload, long kind, ref int at)
    {
        var length = kind switch
        {
            0 or 8 or 9 => 0,
            5 => 6,
            6 or 7 => 8,
            >= 1 and <= 4 => (int)kind,
            >= 12 => checked((int)((kind - 12) / 2)),
            _ => throw new InvalidDataException(),
        };
        var bytes = payload.AsSpan(at, length);
        at += length;
        return kind switch
        {
            0 => null,
            8 or 9 => kind - 8,
            7 => BinaryPrimitives.ReadDoubleBigEndian(bytes),
            < 7 => Integer(bytes),
            _ when kind % 2 == 0 => bytes.ToArray(),
            _ => Encoding.UTF8.GetString(bytes),
        };
    }

    private static long Integer(ReadOnlySpan<byte> bytes)
    {
        var value = (long)(sbyte)bytes[0];
        foreach (var next in bytes[1..])
        {
            value = (value << 8) | next;
        }

        return value;
    }

    // Seven bits per byte, highest first; all eight bits of a ninth.
    private static long Number(byte[] bytes, ref int at)
    {
        long value = 0;
        for (var index = 0; index < 8; index++)
        {
            var next = bytes[at++];
            value = (value << 7) | (next & 0x7FL);
            if (next < 0x80)
            {
                return value;
            }
        }

        return (value << 8) | bytes[at++];
    }

    private static void Require(bool sound)
    {
        if (!sound)
        {
            throw new InvalidDataException();
        }
    }
}
