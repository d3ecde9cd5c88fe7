using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>
/// The catalog of a store: its rows and their references. Many readers, each with a consistent view; one write transaction at a time,
/// durable when it returns.
/// </summary>
internal interface ICatalog : IDisposable
{
    /// <summary>The store's identity, 32 hexadecimal digits. Backups, restored copies and repaired stores keep it.</summary>
    string Identity { get; }

    /// <summary>Whether every write fails with <see cref="Errors.ErrorCode.StoreReadOnly"/>.</summary>
    bool IsReadOnly { get; }

    /// <summary>The number of transactions that this process has committed; exact within a write transaction.</summary>
    long Commits { get; }

    /// <summary>Completes after the next transaction that this process commits.</summary>
    Task NextCommit { get; }

    /// <summary>Unused bytes, and how they return to the disk.</summary>
    ISpace Space { get; }

    /// <summary>Stores the bytes of frames before a transaction inserts them.</summary>
    IFrameStore Frames { get; }

    /// <summary>Opens a session with one consistent view. The caller disposes it.</summary>
    /// <exception cref="CatalogException">The database fails; every question to the view throws it too.</exception>
    ICatalogSession OpenSnapshot();

    /// <summary>Opens a session in which each question sees the newest commit. The caller disposes it.</summary>
    ICatalogSession OpenLatest();

    /// <summary>Runs questions against one consistent view.</summary>
    T Read<T>(Func<ICatalogView, T> work);

    /// <summary>Runs one write transaction, committed and durable when this returns.</summary>
    /// <param name="work">The transaction. It may run more than once, so it must act only through its writer.</param>
    /// <param name="cancellationToken">Cancels the wait and the work, but not a commit in progress.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StoreReadOnly"/>,
    /// <see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    Task<T> WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellationToken);

    /// <summary>Throws if the database was removed or replaced. Every write does so too.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    void RequireInPlace();

    /// <summary>Throws if the store is read-only.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StoreReadOnly"/>.</exception>
    void RequireWritable();
}

/// <summary>Backs up a whole store in the way that its storage needs.</summary>
internal delegate Task<BackupReport> StoreBackup(BackupOptions options, CancellationToken cancellationToken);

/// <summary>An open view, for one thread at a time.</summary>
internal interface ICatalogSession : IDisposable
{
    /// <summary>Answers the questions.</summary>
    ICatalogView View { get; }

    /// <summary>Ends the snapshot: later questions see the newest commit.</summary>
    void Release();
}
