using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads side files of checkpoints.</summary>
internal interface ISideFileRows
{
    /// <summary>The files of a set, by name.</summary>
    IReadOnlyList<StoredSideFile> Of(Digest? set);

    /// <summary>The row and frame of a stored content.</summary>
    (long Id, long Frame)? Find(Digest sha256);

    /// <summary>The frame of a row, if the row still has the content.</summary>
    long? FrameOf(long file, Digest sha256);

    /// <summary>Whether a checkpoint of the task has the file.</summary>
    bool IsOf(long file, long task);

    /// <summary>Bytes of side files that a checkpoint accounts for.</summary>
    long BytesOfCheckpoint(long checkpoint);

    /// <summary>The checkpoint that accounts for a file.</summary>
    long OwnerOf(long file);

    /// <summary>Bytes of a file, as sent.</summary>
    long BytesOf(long file);
}

/// <summary>Changes side files of checkpoints.</summary>
internal interface ISideFileChanges : ISideFileRows
{
    /// <summary>
    /// Moves a checkpoint's side files to the accounts of visible checkpoints that share them, before the checkpoint is deleted.
    /// </summary>
    void ReassignBytes(long checkpoint);

    /// <summary>Moves side files of a visible checkpoint to its account if only tombstones shared them.</summary>
    void ClaimBytes(long checkpoint);

    /// <summary>Moves a file to a visible checkpoint's account if only tombstones shared it.</summary>
    void ClaimBytes(long file, long checkpoint);

    /// <summary>
    /// Detaches the side files of a deleted checkpoint past its grace: other checkpoints that share them account for them; unshared ones
    /// are deleted.
    /// </summary>
    /// <returns>Bytes of the deleted frames.</returns>
    long Release(long checkpoint);

    /// <summary>Adds side file bytes to a checkpoint's account.</summary>
    void Account(long checkpoint, long bytes);

    /// <summary>Sets a checkpoint's set of side files.</summary>
    void SetSet(long checkpoint, Digest set);

    /// <summary>Adds a file to a set under a name.</summary>
    void InsertInSet(Digest set, string name, long file);

    /// <summary>Inserts a file with a stored frame.</summary>
    /// <returns>Its row.</returns>
    long Insert(Digest sha256, long bytes, long frame, long owner);
}
