
namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>A frame of a write-ahead log: one page as a transaction wrote it.</summary>
/// <param name="Page">The number of the page.</param>
/// <param name="PagesAtCommit">The size of the database in pages after the transaction that this frame ends; 0 if it ends none.</param>
/// <param name="IsOfThisLog">Whether it has the log's salt; otherwise an earlier log left it.</param>
/// <param name="IsSound">Whether its checksum is right too.</param>
internal readonly record struct LogFrame(uint Page, uint PagesAtCommit, bool IsOfThisLog, bool IsSound)
{
    /// <summary>Whether its head claims to end a transaction of this log.</summary>
    public bool IsCommit => IsOfThisLog && PagesAtCommit > 0;
}
