
namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>The last damage that the calling thread found, and whether it ignores damage.</summary>
internal static class PageDamage
{
    /// <summary>
    /// The error code for a damaged page, of the family of SQLITE_CORRUPT: after SQLITE_IOERR a reader would lose its snapshot.
    /// </summary>
    public const int Code = 11 | (32 << 8);

    [ThreadStatic]
    private static string? last;

    [ThreadStatic]
    private static int ignoring;

    /// <summary>The last damage, for errors.</summary>
    public static string Last => last ?? "a page does not match its checksum";

    /// <summary>Whether damage is ignored.</summary>
    public static bool IsIgnored => ignoring > 0;

    public static void Found(string place) => last = place;

    /// <summary>
    /// Ignores damage on this thread until the result is disposed, for deleting damaged rows without returning them. Not valid across an
    /// await.
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
