using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about masks, and which checkpoint accounts for the frame of each.</summary>
internal interface IMaskRows
{
    /// <summary>The frame of a mask whose row has a stamp.</summary>
    long? FrameOf(Digest mask, string stamp);

    /// <summary>The head of a mask's frame.</summary>
    byte[]? HeadOf(Digest mask);

    /// <summary>As above, where the mask has that frame.</summary>
    byte[]? HeadOf(Digest mask, long frame);

    /// <summary>Bytes of a mask's frame.</summary>
    long BytesOf(Digest mask);

    /// <summary>How many positions a mask has.</summary>
    long CountOf(Digest mask);

    /// <summary>A task that has a checkpoint on a mask.</summary>
    long? TaskOf(Digest mask);

    /// <summary>
    /// Whether a visible checkpoint has a mask; with <paramref name="withFrame"/>, one whose values are based on the mask's frame.
    /// </summary>
    bool IsInUse(Digest mask, bool withFrame);

    /// <summary>The frame of a mask; <see langword="null"/>: none is stored.</summary>
    long? FrameOf(Digest mask);
}

/// <summary>Changes masks, and which checkpoint accounts for the frame of each.</summary>
internal interface IMaskChanges : IMaskRows
{
    /// <summary>
    /// Accounts what a checkpoint gives up of its mask's frame to another that reads it, to a visible one if there is one.
    /// </summary>
    /// <param name="row">The checkpoint that no longer accounts for it.</param>
    /// <param name="toHidden">Whether one that only others need may take it.</param>
    /// <returns>Whether nothing is left to account for.</returns>
    bool HandOver(CheckpointRow row, bool toHidden = true);

    /// <summary>
    /// Bytes of a stored mask's frame that a checkpoint which is about to read it is to account for: none where another does already.
    /// </summary>
    /// <param name="mask">The mask.</param>
    /// <param name="visible">Whether the checkpoint is there: it takes the mask over from those that only others need.</param>
    long TakeOver(Digest mask, bool visible);

    /// <summary>Removes the frame with the last checkpoint that reads it, the row with the last that has the mask.</summary>
    /// <returns>Bytes of the frame, if it went.</returns>
    long Drop(Digest mask);

    /// <summary>
    /// Puts another frame of the same mask in the place of a stored one, where values are based on it, and corrects what is counted of it.
    /// </summary>
    void Replace(Digest mask, long frame, NewFrame made);

    /// <summary>Notes a mask whose positions are in blocks, unless it is known.</summary>
    void InsertWithoutFrame(Digest mask, long count);

    /// <summary>Notes the effort that a mask's frame was encoded with.</summary>
    void SetEffort(Digest mask, CodecEffort effort);

    /// <summary>Stores a mask whose frame is stored, known before or not.</summary>
    void Insert(Digest mask, long frame, long count, long bytes, CodecEffort effort);
}
