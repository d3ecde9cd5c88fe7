namespace FishCheckpoint.Tensors;

/// <summary>Moves a finished file over another one, also where the system replaces no file that is open.</summary>
internal static class FileReplacement
{
    private const int Attempts = 10;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Moves a file. Windows refuses while the old one is open: virus scanners and readers of a small file are waited for, a second at most.</summary>
    /// <param name="from">The finished file.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="files">The file system.</param>
    /// <param name="mayBeAway">
    /// Whether the place may be empty for a moment. Then a file that stays open is moved aside, which its readers allow if they share its deletion; a crash in that
    /// moment leaves it beside its place, under a hidden name. Where it cannot be deleted because it is open still, it stays there.
    /// </param>
    public static void Move(string from, string to, FileMoves files, bool mayBeAway)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                files.Move(from, to, true);
                return;
            }
            catch (Exception error) when (files.IsWindows && IsRefused(error) && File.Exists(to) && (attempt < Attempts || mayBeAway))
            {
                if (attempt == Attempts)
                {
                    break;
                }

                files.Wait(attempt * Step);
            }
        }

        var aside = Path.Combine(Path.GetDirectoryName(to)!, $".{Guid.NewGuid():N}.replaced");
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
            // Its readers have it.
        }
    }

    private static bool IsRefused(Exception error) => error is IOException or UnauthorizedAccessException;
}
