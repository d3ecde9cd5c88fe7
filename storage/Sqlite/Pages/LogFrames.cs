using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// All frames of a write-ahead log, including those after a damaged one. SQLite reads a log up to the first wrong checksum and silently
/// drops the rest. That is right after a loss of power, but wrong if the rest was committed.
/// </summary>
/// <remarks>
/// A frame is written after a commit only once that commit is durable. So an undamaged frame that continues a commit proves it and
/// everything before it. Without one the damaged transaction is the last, and cannot be distinguished from one that a loss of power
/// interrupted.
/// </remarks>
internal sealed class LogFrames
{
    private const int DefaultPage = 16384;
    private const int SaltAt = 16;
    private const int SaltLength = 8;
    private const int Attempts = 5;

    private readonly List<LogFrame> frames = [];

    private LogFrames(int pageSize) => PageSize = pageSize;

    /// <summary>Bytes of a page.</summary>
    public int PageSize { get; }

    /// <summary>The frames, in the order of the file.</summary>
    public IReadOnlyList<LogFrame> Frames => frames;

    /// <summary>The number of frames that SQLite reads.</summary>
    public int Taken { get; private set; }

    /// <summary>The number of committed frames; larger than <see cref="Taken"/> if damage precedes some of them.</summary>
    public int Committed { get; private set; }

    /// <summary>The damaged part that precedes committed frames.</summary>
    public string? Damage { get; private set; }

    /// <summary>The position of a frame's page in the file.</summary>
    public long PlaceOf(int frame) => LogSum.FileHeadLength + ((long)frame * (LogSum.FrameHeadLength + PageSize)) + LogSum.FrameHeadLength;

    /// <summary>Reads a log.</summary>
    /// <returns><see langword="null"/> if there is none, or it has no frame.</returns>
    public static LogFrames? Read(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: > LogSum.FileHeadLength + LogSum.FrameHeadLength })
        {
            return null;
        }

        using var file = PositionalFile.OpenStream(path);
        var found = Read(file, out var head);

        // Another process may restart the log during the read.
        for (var attempt = 1; found.Damage is not null && attempt < Attempts; attempt++)
        {
            var before = head;
            found = Read(file, out head);
            if (head.AsSpan().SequenceEqual(before))
            {
                break;
            }
        }

        return found;
    }

    /// <summary>Throws if a log has committed frames after a damaged one.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptStore"/>.</exception>
    public static void RequireWhole(string database)
    {
        if (Read($"{database}-wal") is { Damage: { } damage } log)
        {
            throw new FishException(
                ErrorCode.CorruptStore, $"{Database.FileName}-wal",
                $"{damage} is damaged, and {log.Committed - log.Taken} frames from there on were committed. "
                + "Opening the store would drop them, so it was not opened.",
                "Repair the store as in docs/guides/backup-and-repair.md, which keeps the undamaged frames.");
        }
    }

    private static LogFrames Read(FileStream file, out byte[] head)
    {
        head = new byte[LogSum.FileHeadLength];
        file.Position = 0;
        file.ReadExactly(head);
        var isHeadSound = LogSum.IsHeadRight(head);
        if (!isHeadSound)
        {
            BinaryPrimitives.WriteUInt32BigEndian(head, LogSum.LittleEndian);
        }

        var log = new LogFrames(isHeadSound ? (int)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)) : DefaultPage);
        log.Scan(file, head, isHeadSound);
        return log;
    }

    private void Scan(FileStream file, byte[] fileHead, bool isHeadSound)
    {
        var (frame, before) = (new byte[LogSum.FrameHeadLength + PageSize], fileHead.AsSpan(^SaltLength..).ToArray());
        var salt = isHeadSound ? fileHead.AsSpan(SaltAt, SaltLength).ToArray() : [];
        var (isUnbroken, wasUnbroken) = (true, isHeadSound);
        var firstDamaged = isHeadSound ? null : $"The head of {Database.FileName}-wal";
        for (var index = 0; file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length; index++)
        {
            salt = salt.Length > 0 ? salt : frame.AsSpan(8, SaltLength).ToArray();
            var isOfThisLog = frame.AsSpan(8, SaltLength).SequenceEqual(salt);
            var isSound = isOfThisLog
                && LogSum.IsRight(fileHead, before, frame.AsSpan(0, LogSum.FrameHeadLength), frame.AsSpan(LogSum.FrameHeadLength));
            var found = new LogFrame(
                BinaryPrimitives.ReadUInt32BigEndian(frame), BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)), isOfThisLog, isSound);
            if (isSound && index > 0 && frames[^1].IsCommit)
            {
                (Committed, isUnbroken) = (Math.Max(Committed, index), true);
            }

            (isUnbroken, wasUnbroken) = (isUnbroken && isSound, wasUnbroken && isSound);
            Committed = isUnbroken && found.IsCommit ? index + 1 : Committed;
            Taken = wasUnbroken && found.IsCommit ? index + 1 : Taken;
            firstDamaged ??= isSound ? null : $"Frame {index + 1} of {Database.FileName}-wal";
            frames.Add(found);
            frame.AsSpan(LogSum.FrameHeadLength - SaltLength, SaltLength).CopyTo(before);
        }

        Damage = Committed > Taken ? firstDamaged : null;
    }
}
