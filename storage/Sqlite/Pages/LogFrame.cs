
namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>A frame of a write-ahead log: one page, as a transaction has left it.</summary>
/// <param name="Page">The page's number.</param>
/// <param name="PagesAtCommit">Pages of the database after the transaction that this frame ends; 0: it ends none.</param>
/// <param name="IsOfThisLog">Whether its salt is the log's: otherwise an earlier log has left it there.</param>
/// <param name="IsSound">Whether its checksum is right too.</param>
internal readonly record struct LogFrame(uint Page, uint PagesAtCommit, bool IsOfThisLog, bool IsSound)
{
    /// <summary>Whether it ends a transaction of this log, as far as its head can be believed.</summary>
    public bool IsCommit => IsOfThisLog && PagesAtCommit > 0;
}
