using FishCheckpoint.Storage.Sqlite.Pages;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Writes the committed pages of a copied log into the copied database, including those after a damaged frame, where SQLite would stop.
/// </summary>
internal static class LogFold
{
    /// <summary>Folds the log in and deletes it. A page whose last frame is damaged becomes damaged.</summary>
    public static void Run(string database, RepairLog log)
    {
        var path = $"{database}-wal";
        if (LogFrames.Read(path) is { Committed: > 0 } frames)
        {
            Write(database, path, frames);
            if (frames.Damage is { } damage)
            {
                log.Drop(
                    "database: log",
                    $"CORRUPT_STORE: {damage} is damaged. Of the {frames.Committed - frames.Taken} frames from there on, "
                    + "the undamaged ones were kept.",
                    [], []);
            }
        }

        File.Delete(path);
    }

    private static void Write(string database, string path, LogFrames frames)
    {
        using var from = PositionalFile.OpenStream(path);
        using var to = new FileStream(database, FileMode.Open, FileAccess.ReadWrite);
        using var pages = new PageFile(database);
        var page = new byte[frames.PageSize];
        var last = new Dictionary<uint, int>();
        for (var index = 0; index < frames.Committed; index++)
        {
            if (frames.Frames[index].IsOfThisLog)
            {
                last[frames.Frames[index].Page] = index;
            }
        }

        var count = frames.Frames[frames.Committed - 1].PagesAtCommit;
        var isChecked = pages.IsChecked || (last.TryGetValue(1, out var first) && IsMarked(from, frames, first));
        foreach (var (number, index) in last.Where(entry => entry.Key >= 1 && entry.Key <= count))
        {
            from.Position = frames.PlaceOf(index);
            from.ReadExactly(page);
            if (!frames.Frames[index].IsSound)
            {
                page.AsSpan().Fill(byte.MaxValue);
            }
            else if (isChecked)
            {
                PageSum.Write(page, number);
            }

            to.Position = (number - 1L) * page.Length;
            to.Write(page);
        }

        to.SetLength((long)count * page.Length);
    }

    private static bool IsMarked(FileStream log, LogFrames frames, int first)
    {
        log.Position = frames.PlaceOf(first) + PageFile.ReservedAt;
        return log.ReadByte() == PageSum.Length;
    }
}
