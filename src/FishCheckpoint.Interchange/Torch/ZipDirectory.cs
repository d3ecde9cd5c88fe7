using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using FishCheckpoint.Interchange.Pickles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// The directory of a zip file in PyTorch's form: stored entries, no comment, nothing before or after. It refuses files that two readers
/// could read differently (APPNOTE.TXT, 4.3).
/// </summary>
// ZipArchive does not reveal the offset of an entry's bytes, and opens archives that two readers read differently.
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int LocatorLength = 20;
    private const int WideEndLength = 56;
    private const int EntryLength = 46;
    private const int HeaderLength = 30;
    private const long MaxBytes = 128 << 20;
    private const int Descriptor = 1 << 3;
    private const int Utf8Names = 1 << 11;

    /// <summary>Reads the directory.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.TorchFileInvalid"/>.</exception>
    public static Dictionary<string, ZipEntry> Read(ByteSource file)
    {
        var (count, begin, length) = FindDirectory(file);
        if (length > MaxBytes || count > length / EntryLength)
        {
            throw Fail(file, $"The zip directory has {count} entries in {length} bytes; the limit is {MaxBytes} bytes.");
        }

        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        ReadOnlySpan<byte> left = file.Bytes(begin, length);
        for (var index = 0L; index < count; index++)
        {
            var entry = ReadEntry(file, ref left);
            if (!entries.TryAdd(entry.Name, entry))
            {
                throw Fail(file, $"{PickleErrors.Quote(entry.Name)} occurs twice in the zip file.");
            }
        }

        if (left.Length > 0)
        {
            throw Fail(file, "The zip directory has more bytes than entries.");
        }

        CheckPlaces(file, entries.Values, begin);
        return entries;
    }

    private static (long Count, long Begin, long Length) FindDirectory(ByteSource file)
    {
        var at = file.Length - EndLength;
        ReadOnlySpan<byte> end = at < 0 ? [] : file.Bytes(at, EndLength);
        if (at < 0 || U32(end, 0) != 0x06054b50 || U16(end, 20) != 0)
        {
            throw Fail(file, "The zip file does not end with its directory: it is truncated, or has trailing bytes.");
        }

        long count = U16(end, 10);
        var (length, begin, disks) = ((long)U32(end, 12), (long)U32(end, 16), (U16(end, 4), U16(end, 6), U16(end, 8) == count));
        if (at >= LocatorLength && file.Bytes(at - LocatorLength, LocatorLength) is var locator && U32(locator, 0) == 0x07064b50)
        {
            var wideAt = U64(file, locator, 8);
            ReadOnlySpan<byte> wide = file.Bytes(wideAt, WideEndLength);
            if (U32(wide, 0) != 0x06064b50 || U64(file, wide, 4) != WideEndLength - 12 || wideAt + WideEndLength != at - LocatorLength
                || U32(wide, 16) != 0 || U32(wide, 20) != 0)
            {
                throw Fail(file, "The zip file's ZIP64 directory has the wrong offset.");
            }

            var narrow = (count, length, begin);
            (count, length, begin, at) = (U64(file, wide, 32), U64(file, wide, 40), U64(file, wide, 48), wideAt);
            if (Differs(narrow.count, count, ushort.MaxValue) || Differs(narrow.length, length, uint.MaxValue)
                || Differs(narrow.begin, begin, uint.MaxValue) || U64(file, wide, 24) != count)
            {
                throw Fail(file, "The zip file's two directories contradict each other.");
            }
        }
        else if (disks is not (0, 0, true))
        {
            throw Fail(file, "The zip file is one part of a split archive.");
        }

        return begin <= at && begin + length == at
            ? (count, begin, length) : throw Fail(file, "The zip directory has the wrong offset.");
    }

    private static bool Differs(long narrow, long wide, long full) => narrow != wide && narrow != full;

    private static ZipEntry ReadEntry(ByteSource file, ref ReadOnlySpan<byte> left)
    {
        if (left.Length < EntryLength || U32(left, 0) != 0x02014b50)
        {
            throw Fail(file, "The zip directory ends inside an entry.");
        }

        var (flags, method, crc) = (U16(left, 8), U16(left, 10), U32(left, 16));
        var (nameLength, extraLength, commentLength) = (U16(left, 28), U16(left, 30), U16(left, 32));
        if (left.Length < EntryLength + nameLength + extraLength + commentLength)
        {
            throw Fail(file, "The zip directory ends inside an entry.");
        }

        var name = NameOf(file, left.Slice(EntryLength, nameLength));
        if ((flags & ~(Descriptor | Utf8Names)) != 0 || method != 0 || commentLength != 0)
        {
            throw Fail(
                file, $"{PickleErrors.Quote(name)} is compressed, encrypted or commented on in the zip file; PyTorch stores everything as "
                + "it is.");
        }

        var wide = WideOf(file, name, left.Slice(EntryLength + nameLength, extraLength));
        var sizes = (Full: Wide(file, name, U32(left, 24), ref wide), Stored: Wide(file, name, U32(left, 20), ref wide),
            Header: Wide(file, name, U32(left, 42), ref wide));
        left = left[(EntryLength + nameLength + extraLength)..];
        if (sizes.Full != sizes.Stored)
        {
            throw Fail(file, $"{PickleErrors.Quote(name)} has two lengths in the zip file.");
        }

        return new ZipEntry(name, sizes.Header, BeginOf(file, name, nameLength, sizes.Header, flags, crc, sizes.Full), sizes.Full, crc);
    }

    // The local header locates the entry's bytes; its other fields must match the directory.
    private static long BeginOf(ByteSource file, string name, int nameLength, long at, int flags, uint crc, long length)
    {
        ReadOnlySpan<byte> header = file.Bytes(at, HeaderLength);
        var begin = at + HeaderLength + nameLength + U16(header, 28);
        var own = U32(header, 0) == 0x04034b50 && U16(header, 26) == nameLength && U16(header, 6) == flags && U16(header, 8) == 0
            && NameOf(file, file.Bytes(at + HeaderLength, nameLength)) == name;
        var matches = (flags & Descriptor) != 0
            || (U32(header, 14) == crc && Same(U32(header, 18), length) && Same(U32(header, 22), length));
        return own && matches && begin <= file.Length - length
            ? begin : throw Fail(file, $"The zip file's directory and its entry {PickleErrors.Quote(name)} contradict each other.");
    }

    private static bool Same(uint narrow, long length) => narrow == length || narrow == uint.MaxValue;

    private static void CheckPlaces(ByteSource file, IEnumerable<ZipEntry> entries, long directory)
    {
        var end = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Header))
        {
            if (entry.Header < end)
            {
                throw Fail(file, $"{PickleErrors.Quote(entry.Name)} overlaps another entry of the zip file.");
            }

            end = entry.End;
        }

        if (end > directory)
        {
            throw Fail(file, "An entry of the zip file overlaps its directory.");
        }
    }

    private static string NameOf(ByteSource file, ReadOnlySpan<byte> name) =>
        name.Length > 0 && Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : throw Fail(file, "A name in the zip file is not in UTF-8.");

    private static ReadOnlySpan<byte> WideOf(ByteSource file, string name, ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (U16(extra, 0), U16(extra, 2));
            if (length > extra.Length - 4)
            {
                break;
            }

            if (id == 1)
            {
                return extra.Slice(4, length);
            }

            extra = extra[(4 + length)..];
        }

        return extra.Length == 0 ? [] : throw Fail(file, $"The zip file's entry {PickleErrors.Quote(name)} is damaged.");
    }

    private static long Wide(ByteSource file, string name, uint narrow, ref ReadOnlySpan<byte> wide)
    {
        if (narrow != uint.MaxValue)
        {
            return narrow;
        }

        if (wide.Length < 8)
        {
            throw Fail(file, $"The zip file's entry {PickleErrors.Quote(name)} is damaged.");
        }

        var value = U64(file, wide, 0);
        wide = wide[8..];
        return value;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long U64(ByteSource file, ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]) is var value && value >= 0 && value <= file.Length ? value
            : throw Fail(file, "The zip file has an offset or length beyond its end.");

    private static Errors.FishException Fail(ByteSource file, string cause) => TorchErrors.Invalid(file.Key, cause);
}
