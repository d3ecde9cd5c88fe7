using System.Buffers.Binary;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// The checksum at the end of a page: four bytes that tell that there is one, and the CRC-32C of the page's number and of all before it.
/// The number is in it so that a page that lands in another one's place is noticed.
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

    /// <summary>Whether a page is what was written: one without a checksum has zeros in its place, and nothing to compare with.</summary>
    public static bool IsRight(ReadOnlySpan<byte> page, long number) =>
        (IsMarked(page[^Length..]) && BinaryPrimitives.ReadUInt32LittleEndian(page[^4..]) == Compute(page, number))
        || !page[^Length..].ContainsAnyExcept((byte)0);

    /// <summary>
    /// Takes the checksum out of a page that is right. What SQLite has read it may write into its log, and a program that knows of no
    /// checksums may copy that, as the last to close the database: then there are zeros in their places, and none that have become wrong.
    /// </summary>
    public static void Remove(Span<byte> page) => page[^Length..].Clear();

    /// <summary>Whether the end of a page tells that it has a checksum.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> end) => BinaryPrimitives.ReadUInt32LittleEndian(end) == Mark;

    private static uint Compute(ReadOnlySpan<byte> page, long number)
    {
        Span<byte> seed = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(seed, number);
        return Crc32C.Append(Crc32C.Compute(seed), page[..^4]);
    }
}
