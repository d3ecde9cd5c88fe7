using System.Buffers.Binary;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// The checksum at the end of a page: four bytes that tell that there is one, and the CRC-32C of the page's number and of all before it. The number is in it so that
/// a page that lands in another one's place is noticed.
/// </summary>
internal static class PageSum
{
    /// <summary>Bytes at the end of each page that SQLite leaves alone.</summary>
    public const int Length = 8;

    // "fpg1".
    private const uint Mark = 0x31677066;

    /// <summary>Writes it.</summary>
    public static void Write(Span<byte> page, long number)
    {
        var place = page[^Length..];
        BinaryPrimitives.WriteUInt32LittleEndian(place, Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(place[4..], Compute(page, number));
    }

    /// <summary>Whether a page is what was written. One of zeros never was: the file grew past it, and nothing refers to it.</summary>
    public static bool IsRight(ReadOnlySpan<byte> page, long number) =>
        (IsMarked(page[^Length..]) && BinaryPrimitives.ReadUInt32LittleEndian(page[^4..]) == Compute(page, number))
        || !page.ContainsAnyExcept((byte)0);

    /// <summary>Whether the end of a page tells that it has a checksum.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> end) => BinaryPrimitives.ReadUInt32LittleEndian(end) == Mark;

    private static uint Compute(ReadOnlySpan<byte> page, long number)
    {
        Span<byte> seed = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(seed, number);
        return Crc32C.Append(Crc32C.Compute(seed), page[..^4]);
    }
}
