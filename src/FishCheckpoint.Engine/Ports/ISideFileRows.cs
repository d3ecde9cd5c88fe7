using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about side files of checkpoints.</summary>
internal interface ISideFileRows
{
    /// <summary>The files of a set, by name.</summary>
    IReadOnlyList<StoredSideFile> Of(Digest? set);

    /// <summary>The row and frame of a content that is stored.</summary>
    (long Id, long Frame)? Find(Digest sha256);

    /// <summary>The frame of a row that still has a content.</summary>
    long? FrameOf(long file, Digest sha256);

    /// <summary>Whether a checkpoint of a task has a file.</summary>
    bool IsOf(long file, long task);

    /// <summary>Bytes of side files that a checkpoint accounts for.</summary>
    long BytesOfCheckpoint(long checkpoint);

    /// <summary>The checkpoint that accounts for a file.</summary>
    long OwnerOf(long file);

    /// <summary>Bytes of a file, as it was sent.</summary>
    long BytesOf(long file);
}

/// <summary>Changes side files of checkpoints.</summary>
internal interface ISideFileChanges : ISideFileRows
{
    /// <summary>
    /// Has other checkpoints account for a checkpoint's side files that it goes out of view with: visible ones that have them.
    /// </summary>
    void HandOver(long checkpoint);

    /// <summary>Has a visible checkpoint account for those of its side files that only hidden ones had.</summary>
    void TakeOver(long checkpoint);

    /// <summary>Has a visible checkpoint account for a file that only hidden ones had.</summary>
    void TakeOver(long file, long checkpoint);

    /// <summary>
    /// Takes its side files from a deleted checkpoint that cannot come back: others that have them account for them now, and what none has
    /// goes.
    /// </summary>
    /// <returns>Bytes of the frames that went.</returns>
    long Release(long checkpoint);

    /// <summary>Adds to the bytes of side files that a checkpoint accounts for.</summary>
    void Account(long checkpoint, long bytes);

    /// <summary>Gives a checkpoint its set of side files.</summary>
    void SetSet(long checkpoint, Digest set);

    /// <summary>Notes that a set has a file under a name.</summary>
    void InsertInSet(Digest set, string name, long file);

    /// <summary>Stores a file whose frame is stored.</summary>
    /// <returns>Its row.</returns>
    long Insert(Digest sha256, long bytes, long frame, long owner);
}
