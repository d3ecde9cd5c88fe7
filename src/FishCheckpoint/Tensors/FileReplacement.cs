namespace FishCheckpoint.Tensors;

/// <summary>Replaces a file with a finished one, even on systems that cannot replace an open file.</summary>
internal static class FileReplacement
{
    private const string Aside = ".replaced";
    private const int Attempts = 10;

    // The database's only writer may wait for the move.
    private const int AttemptsBeforeMovingAside = 3;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Moves a file. Windows refuses while the old file is open, so the move is retried for at most a second.</summary>
    /// <param name="from">The finished file.</param>
    /// <param name="to">The final path.</param>
    /// <param name="files">The file system.</param>
    /// <param name="mayBeAway">Whether the path may be missing for a moment. If so, a file that stays open is renamed to a temporary name,
    /// which Windows permits if its readers share deletion. After a crash in that moment, <see cref="Recover"/> moves it back.</param>
    public static void Move(string from, string to, FileMoves files, bool mayBeAway)
    {
        var attempts = mayBeAway ? AttemptsBeforeMovingAside : Attempts;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                files.Move(from, to, true);
                return;
            }
            catch (Exception error) when (files.IsWindows && IsRefused(error) && File.Exists(to) && (attempt < attempts || mayBeAway))
            {
                if (attempt == attempts)
                {
                    break;
                }

                files.Wait(attempt * Step);
            }
        }

        var aside = Path.Combine(Path.GetDirectoryName(to)!, $".{Path.GetFileName(to)}.{Guid.NewGuid():N}{Aside}");
        files.Move(to, aside, false);
        try
        {
            files.Move(from, to, false);
        }
        catch
        {
            files.Move(aside, to, false);
            throw;
        }

        try
        {
            files.Delete(aside);
        }
        catch (Exception error) when (IsRefused(error))
        {
            // Readers still have it open; Recover deletes it.
        }
    }

    /// <summary>Moves renamed files back if their original path is free, and deletes the others.</summary>
    /// <param name="folder">The folder of the replaced files.</param>
    /// <param name="files">The file system.</param>
    public static void Recover(string folder, FileMoves files)
    {
        foreach (var aside in files.IsWindows ? Directory.GetFiles(folder, $".*.*{Aside}") : [])
        {
            var place = Path.Combine(folder, Path.GetFileNameWithoutExtension(Path.GetFileName(aside)[1..^Aside.Length]));
            try
            {
                if (File.Exists(place))
                {
                    files.Delete(aside);
                }
                else
                {
                    files.Move(aside, place, false);
                }
            }
            catch (Exception error) when (IsRefused(error) && File.Exists(place))
            {
                // Readers still have it open.
            }
        }
    }

    private static bool IsRefused(Exception error) => error is IOException or UnauthorizedAccessException;
}
