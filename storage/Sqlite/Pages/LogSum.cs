using System.Buffers.Binary;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// The checksums of SQLite's write-ahead log (https://www.sqlite.org/fileformat2.html#checksum_algorithm). SQLite itself verifies them only
/// when it recovers a log after a crash.
/// </summary>
internal static class LogSum
{
    public const int FileHeadLength = 32;
    public const int FrameHeadLength = 24;

    /// <summary>The mark of a log with little-endian words; a big-endian machine writes the next number.</summary>
    public const uint LittleEndian = 0x377F0682;

    /// <summary>Whether a page in a log matches its checksum.</summary>
    /// <param name="mark">The first four bytes of the log.</param>
    /// <param name="before">The previous checksum: the last eight bytes of the preceding head.</param>
    /// <param name="head">The head of the frame.</param>
    /// <param name="page">The page of the frame.</param>
    public static bool IsRight(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> before, ReadOnlySpan<byte> head, ReadOnlySpan<byte> page)
    {
        var little = BinaryPrimitives.ReadUInt32BigEndian(mark) == LittleEndian;
        var (first, second) = (Word(before), Word(before[4..]));
        Add(head[..8], little, ref first, ref second);
        Add(page, little, ref first, ref second);
        return first == Word(head[16..]) && second == Word(head[20..]);
    }

    /// <summary>Whether the head of a log matches its checksum.</summary>
    public static bool IsHeadRight(ReadOnlySpan<byte> head)
    {
        var mark = BinaryPrimitives.ReadUInt32BigEndian(head);
        var (first, second) = (0u, 0u);
        Add(head[..24], mark == LittleEndian, ref first, ref second);
        return mark is LittleEndian or LittleEndian + 1 && first == Word(head[24..]) && second == Word(head[28..]);
    }

    // Checksums are always big-endian.
    private static uint Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static void Add(ReadOnlySpan<byte> bytes, bool little, ref uint first, ref uint second)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            first += (little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : Word(bytes)) + second;
            second += (little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) : Word(bytes[4..])) + first;
        }
    }
}
