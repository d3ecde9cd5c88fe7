
namespace FishCheckpoint.Engine.Ports;

/// <summary>The bytes that a catalog takes of its disk, and how unused ones go back.</summary>
internal interface ISpace
{
    /// <summary>Bytes of the catalog's files.</summary>
    long FileBytes { get; }

    /// <summary>Bytes of what is committed and not yet copied to where it stays.</summary>
    long LogBytes { get; }

    /// <summary>
    /// Bytes of the disk that are free for this user, and of the whole disk; (<see cref="long.MaxValue"/>, 0) if the disk does not report
    /// them.
    /// </summary>
    (long Free, long Total) Disk { get; }

    /// <summary>What to do if the disk is full.</summary>
    string WhatToDo { get; }

    /// <summary>Whether an error says that the disk is full.</summary>
    bool IsFull(Exception? error);

    /// <summary>
    /// Gives unused bytes back to the disk, a few in a transaction. A reader that needs them for long ends the work for now.
    /// </summary>
    /// <param name="goes">Whether there is time to go on.</param>
    /// <param name="cancellation">Ends the work early.</param>
    Task ReturnAsync(Func<bool> goes, CancellationToken cancellation);
}
