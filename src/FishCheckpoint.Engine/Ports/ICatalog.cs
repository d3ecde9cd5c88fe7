using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>
/// The rows of a store: what is stored, and how one thing depends on another. Many readers, each of one state; one transaction at a time
/// that writes, durable when it is acknowledged.
/// </summary>
internal interface ICatalog : IDisposable
{
    /// <summary>
    /// The store's identity, 32 hexadecimal digits: that of the original, in every backup, restored folder and repair of it.
    /// </summary>
    string Identity { get; }

    /// <summary>Whether nothing can be written: every write is refused with <see cref="Errors.ErrorCode.StoreReadOnly"/>.</summary>
    bool IsReadOnly { get; }

    /// <summary>Transactions that this process has committed; exact within one that writes.</summary>
    long Commits { get; }

    /// <summary>Completes after the next transaction that this process commits.</summary>
    Task NextCommit { get; }

    /// <summary>Unused bytes, and how the disk gets them back.</summary>
    ISpace Space { get; }

    /// <summary>The bytes of frames that a transaction is about to insert.</summary>
    IFrameStore Frames { get; }

    /// <summary>Opens a session that sees one state. The caller disposes it.</summary>
    /// <exception cref="CatalogException">The database fails; so for every question that its view is asked.</exception>
    ICatalogSession OpenSnapshot();

    /// <summary>Opens a session that sees the newest state with each question. The caller disposes it.</summary>
    ICatalogSession OpenLatest();

    /// <summary>Asks questions of one state.</summary>
    T Read<T>(Func<ICatalogView, T> work);

    /// <summary>Runs one transaction, alone among writers, committed and durable when this returns.</summary>
    /// <param name="work">Has no effect but through its writer: it may run again.</param>
    /// <param name="cancellation">Ends the wait and the work; what is being committed is committed.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StoreReadOnly"/>,
    /// <see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    Task<T> WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellation);

    /// <summary>Refuses to go on if the database was removed or replaced. Every write asks the same.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    void RequireInPlace();

    /// <summary>Refuses to go on if nothing can be written.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StoreReadOnly"/>.</exception>
    void RequireWritable();
}

/// <summary>Copies a whole store, as its place of storage has to be copied.</summary>
internal delegate Task<BackupReport> StoreBackup(BackupOptions options, CancellationToken cancellation);

/// <summary>A view that is open. One thread at a time.</summary>
internal interface ICatalogSession : IDisposable
{
    /// <summary>What questions are asked of.</summary>
    ICatalogView View { get; }

    /// <summary>Gives up the state that a snapshot sees: what is asked from now on is answered by the newest.</summary>
    void Release();
}
