using System.Buffers.Binary;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>Adds checksums to pages of the database file, and verifies them.</summary>
internal static unsafe class DatabasePages
{
    private const int HeadLength = 100;
    private const int SmallestPage = 512;
    private const int PageSizeAt = 16;
    private const int ReservedAt = 20;

    public static int AfterRead(CheckedFile* file, byte* buffer, int length, long offset)
    {
        if (file->State == PageState.Unknown || offset == 0)
        {
            Inspect(file);
        }

        if (file->State != PageState.Validate || length != file->PageSize || offset % length != 0)
        {
            return 0;
        }

        var number = (offset / length) + 1;
        var page = new Span<byte>(buffer, length);
        if (PageSum.IsRight(page, number))
        {
            PageSum.Remove(page);
            return 0;
        }

        PageDamage.Found($"page {number} of {Database.FileName} does not match its checksum");
        return PageDamage.Code;
    }

    public static void BeforeWrite(CheckedFile* file, byte* buffer, int length, long offset)
    {
        if (offset == 0 && length >= SmallestPage)
        {
            file->PageSize = length;
            file->State = buffer[ReservedAt] == PageSum.Length ? PageState.Validate : PageState.Plain;
        }
        else if (file->State != PageState.Validate)
        {
            // Another process may have rewritten the file with checksums.
            Inspect(file);
        }

        if (file->State == PageState.Validate && length == file->PageSize && offset % length == 0)
        {
            PageSum.Write(new Span<byte>(buffer, length), (offset / length) + 1);
        }
    }

    /// <summary>Examines the first page. Either of two marks announces checksums, so a flipped byte leaves the other.</summary>
    public static PageState Inspect(CheckedFile* file)
    {
        var real = CheckedFile.Real((NativeFile*)file);
        var head = stackalloc byte[HeadLength];
        if (real->Methods->Read(real, head, HeadLength, 0) != 0)
        {
            return file->State;
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(head + PageSizeAt, 2)) is var written and not 1 ? written
            : 1 << 16;
        var end = stackalloc byte[PageSum.Length];
        var isMarked = size >= SmallestPage && real->Methods->Read(real, end, PageSum.Length, size - PageSum.Length) == 0
            && PageSum.IsMarked(new ReadOnlySpan<byte>(end, PageSum.Length));
        file->PageSize = size;
        file->State = head[ReservedAt] == PageSum.Length || isMarked ? PageState.Validate : PageState.Plain;
        return file->State;
    }
}
