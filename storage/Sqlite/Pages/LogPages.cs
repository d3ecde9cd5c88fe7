using System.Numerics;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>Pages of the write-ahead log on their way in and out.</summary>
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

        // The sum before the first frame's is the file's own, at the end of its head; before another's, that at the end of the one before.
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

        PageDamage.Found($"frame {number + 1} of {Database.FileName}-wal is not what was written");
        return PageDamage.Code;
    }

    // A page that is written twice in a transaction is written over, and it and what follows get their checksums at the commit; until then
    // only the writer reads them.
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
