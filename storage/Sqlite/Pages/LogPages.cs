using System.Numerics;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>Verifies pages of the write-ahead log.</summary>
internal static unsafe class LogPages
{
    private const int SmallestPage = 512;
    private const int SumAt = 16;
    private const int SumLength = 8;

    public static int AfterRead(CheckedFile* file, byte* buffer, int length, long offset)
    {
        if (!IsPage(length, offset) || offset >= file->FirstOverwritten)
        {
            return 0;
        }

        var number = (offset - LogSum.FileHeadLength) / (length + LogSum.FrameHeadLength);
        var mark = stackalloc byte[4];
        var before = stackalloc byte[SumLength];
        var head = stackalloc byte[LogSum.FrameHeadLength];

        // The previous checksum is at the end of the file's head for the first frame, and in the previous frame's head for others.
        var headAt = offset - LogSum.FrameHeadLength;
        var beforeAt = number == 0 ? LogSum.FileHeadLength - SumLength : headAt - length - LogSum.FrameHeadLength + SumAt;
        var real = CheckedFile.Real((NativeFile*)file);
        var read = real->Methods->Read;
        if (read(real, mark, 4, 0) == 0 && read(real, before, SumLength, beforeAt) == 0
            && read(real, head, LogSum.FrameHeadLength, headAt) == 0
            && LogSum.IsRight(new(mark, 4), new(before, SumLength), new(head, LogSum.FrameHeadLength), new(buffer, length)))
        {
            return 0;
        }

        PageDamage.Found($"frame {number + 1} of {Database.FileName}-wal does not match its checksum");
        return PageDamage.Code;
    }

    // A page that a transaction writes twice is overwritten, and its checksum and later ones are written at the commit. Until then only the
    // writer reads them.
    public static void BeforeWrite(CheckedFile* file, int length, long offset)
    {
        if (length == LogSum.FrameHeadLength)
        {
            file->LastHead = offset;
            if (offset < file->FirstOverwritten)
            {
                file->FirstOverwritten = long.MaxValue;
            }
        }
        else if (IsPage(length, offset) && file->LastHead != offset - LogSum.FrameHeadLength && offset < file->FirstOverwritten)
        {
            file->FirstOverwritten = offset;
        }
    }

    private static bool IsPage(int length, long offset) => length >= SmallestPage && BitOperations.IsPow2(length)
        && (offset - LogSum.FileHeadLength - LogSum.FrameHeadLength) % (length + LogSum.FrameHeadLength) == 0;
}
