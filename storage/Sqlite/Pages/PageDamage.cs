
namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>What the calling thread last found damaged, and whether it asks.</summary>
internal static class PageDamage
{
    /// <summary>The code for a page that is not what was written: of the family of SQLITE_CORRUPT, for after SQLITE_IOERR a reader would
    /// lose its snapshot.</summary>
    public const int Code = 11 | (32 << 8);

    [ThreadStatic]
    private static string? last;

    [ThreadStatic]
    private static int ignoring;

    /// <summary>Where the last damage was found, for errors.</summary>
    public static string Last => last ?? "a page is not what was written";

    /// <summary>Whether pages are taken as they are.</summary>
    public static bool IsIgnored => ignoring > 0;

    public static void Found(string place) => last = place;

    /// <summary>
    /// Takes pages as they are on this thread until the result is disposed: for giving up what is damaged, of which nothing is given out.
    /// Not across an await.
    /// </summary>
    public static Ignored Ignore()
    {
        ignoring++;
        return default;
    }

    internal readonly struct Ignored : IDisposable
    {
        public void Dispose() => ignoring--;
    }
}
