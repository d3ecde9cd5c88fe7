namespace FishCheckpoint.Tensors;

/// <summary>Moves a finished file over another one, also where the system replaces no file that is open.</summary>
internal static class FileReplacement
{
    private const string Aside = ".replaced";
    private const int Attempts = 10;

    // A database's single writer may wait for the move.
    private const int AttemptsBeforeMovingAside = 3;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Moves a file. Windows refuses while the old one is open, so that the move is tried again for a while, a second at most.
    /// </summary>
    /// <param name="from">The finished file.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="files">The file system.</param>
    /// <param name="mayBeAway">
    /// Whether the place may be empty for a moment. Then a file that stays open is moved aside, under a hidden name, which its readers
    /// allow if they share its deletion. After a crash in that moment <see cref="Recover"/> moves it back.
    /// </param>
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
            // Its readers still have it open; Recover deletes it.
        }
    }

    /// <summary>Moves files that were set aside back to their places where these are empty, and deletes the others.</summary>
    /// <param name="folder">The folder that files were moved into.</param>
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
                // Its readers still have it open.
            }
        }
    }

    private static bool IsRefused(Exception error) => error is IOException or UnauthorizedAccessException;
}
