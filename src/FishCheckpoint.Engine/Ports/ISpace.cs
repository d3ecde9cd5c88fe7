
namespace FishCheckpoint.Engine.Ports;

/// <summary>The bytes of a catalog on its disk, and how unused ones return.</summary>
internal interface ISpace
{
    /// <summary>Bytes of the catalog's files.</summary>
    long FileBytes { get; }

    /// <summary>Committed bytes that are not yet checkpointed into the main file.</summary>
    long LogBytes { get; }

    /// <summary>Free bytes of the disk for this user, and its total bytes; (<see cref="long.MaxValue"/>, 0) if unknown.</summary>
    (long Free, long Total) Disk { get; }

    /// <summary>Advice for a full disk.</summary>
    string WhatToDo { get; }

    /// <summary>Whether an error reports a full disk.</summary>
    bool IsFull(Exception? error);

    /// <summary>Returns unused bytes to the disk, a few per transaction. Stops early if a reader blocks it for long.</summary>
    /// <param name="hasTime">Whether time is left.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    Task ReturnAsync(Func<bool> hasTime, CancellationToken cancellationToken);
}
