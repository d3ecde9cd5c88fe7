using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads masks, and the checkpoint that accounts for the frame of each.</summary>
internal interface IMaskRows
{
    /// <summary>The frame of a mask whose row has the stamp.</summary>
    long? FrameOf(Digest mask, string stamp);

    /// <summary>The head of a mask's frame.</summary>
    byte[]? HeadOf(Digest mask);

    /// <summary>The head of a mask's frame, if the mask still has that frame.</summary>
    byte[]? HeadOf(Digest mask, long frame);

    /// <summary>Bytes of a mask's frame.</summary>
    long BytesOf(Digest mask);

    /// <summary>The number of positions of a mask.</summary>
    long CountOf(Digest mask);

    /// <summary>A task with a checkpoint on a mask.</summary>
    long? TaskOf(Digest mask);

    /// <summary>
    /// Whether a visible checkpoint has the mask; with <paramref name="withFrame"/>, whether the values of one are based on the mask's
    /// frame.
    /// </summary>
    bool IsInUse(Digest mask, bool withFrame);

    /// <summary>The frame of a mask; <see langword="null"/> if none is stored.</summary>
    long? FrameOf(Digest mask);
}

/// <summary>Changes masks, and the checkpoint that accounts for the frame of each.</summary>
internal interface IMaskChanges : IMaskRows
{
    /// <summary>
    /// Moves the bytes of a mask's frame from one checkpoint's account to another that reads it, preferably a visible one.
    /// </summary>
    /// <param name="row">The checkpoint that no longer accounts for the frame.</param>
    /// <param name="toTombstone">Whether a tombstone may take the bytes.</param>
    /// <returns>Whether the checkpoint has no such bytes left.</returns>
    bool ReassignBytes(CheckpointRow row, bool toTombstone = true);

    /// <summary>Bytes of a mask's frame that a new reader must account for: none if another checkpoint does already.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="visible">Whether the reader is visible: it takes the bytes over from tombstones.</param>
    long ClaimBytes(Digest mask, bool visible);

    /// <summary>Deletes the frame after its last reader, and the row after the last checkpoint with the mask.</summary>
    /// <returns>Bytes of the frame, if it was deleted.</returns>
    long Drop(Digest mask);

    /// <summary>Replaces the frame of a mask that values are based on, and corrects the accounts.</summary>
    void Replace(Digest mask, long frame, NewFrame made);

    /// <summary>Inserts a mask whose positions are stored in blocks, unless it exists.</summary>
    void InsertWithoutFrame(Digest mask, long count);

    /// <summary>Records the effort of a mask's frame.</summary>
    void SetEffort(Digest mask, CodecEffort effort);

    /// <summary>Inserts a mask with a stored frame, or sets its frame.</summary>
    void Insert(Digest mask, long frame, long count, long bytes, CodecEffort effort);
}
