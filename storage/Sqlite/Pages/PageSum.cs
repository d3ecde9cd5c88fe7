using System.Buffers.Binary;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// The checksum at the end of a page: a four-byte mark, and the CRC-32C of the page's number and of the bytes before it. The number detects
/// a page at the wrong position.
/// </summary>
internal static class PageSum
{
    /// <summary>Bytes at the end of each page that SQLite leaves unused.</summary>
    public const int Length = 8;

    // "fpg1".
    private const uint Mark = 0x31677066;

    /// <summary>Writes the checksum of a page.</summary>
    public static void Write(Span<byte> page, long number)
    {
        var place = page[^Length..];
        BinaryPrimitives.WriteUInt32LittleEndian(place, Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(place[4..], Compute(page, number));
    }

    /// <summary>Whether a page matches its checksum; zeros stand for no checksum, which always matches.</summary>
    public static bool IsRight(ReadOnlySpan<byte> page, long number) =>
        (IsMarked(page[^Length..]) && BinaryPrimitives.ReadUInt32LittleEndian(page[^4..]) == Compute(page, number))
        || !page[^Length..].ContainsAnyExcept((byte)0);

    /// <summary>
    /// Clears the checksum of a verified page. SQLite may write a read page into its log, and a program without checksums may copy that
    /// into the database. Zeros are valid there; an outdated checksum would not be.
    /// </summary>
    public static void Remove(Span<byte> page) => page[^Length..].Clear();

    /// <summary>Whether the end of a page has the mark of a checksum.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> end) => BinaryPrimitives.ReadUInt32LittleEndian(end) == Mark;

    private static uint Compute(ReadOnlySpan<byte> page, long number)
    {
        Span<byte> seed = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(seed, number);
        return Crc32C.Append(Crc32C.Compute(seed), page[..^4]);
    }
}
