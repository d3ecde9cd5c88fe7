using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A frame that replaces a checkpoint's own, against another parent.</summary>
/// <param name="Parent">The parent; <see langword="null"/> for the base.</param>
/// <param name="Mask">The positions.</param>
/// <param name="IsBlocks">Whether the frame holds blocks.</param>
/// <param name="Changed">The number of values.</param>
/// <param name="PositionBytes">Bytes of positions that the checkpoint accounts for.</param>
/// <param name="Values">Bytes of values.</param>
/// <param name="Proof">The digest that it proves, unless that is the checkpoint's state.</param>
/// <param name="MayBePredictedFrom">Whether other values may be predicted from it.</param>
/// <param name="Effort">The effort of its encoding.</param>
internal sealed record RebasedFrame(
    long? Parent, Digest Mask, bool IsBlocks, long Changed, long PositionBytes, long Values, Digest? Proof, bool MayBePredictedFrom,
    CodecEffort Effort);
