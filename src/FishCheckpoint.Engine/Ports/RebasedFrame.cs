using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A frame that takes the place of a checkpoint's own, against another parent.</summary>
/// <param name="Parent">The parent; <see langword="null"/> for the base.</param>
/// <param name="Mask">The positions.</param>
/// <param name="IsBlocks">Whether it is one of blocks.</param>
/// <param name="Changed">How many values it has.</param>
/// <param name="Brought">Bytes of positions that the checkpoint accounts for.</param>
/// <param name="Values">Bytes of values.</param>
/// <param name="Proof">What it proves, where that is not the checkpoint's state.</param>
/// <param name="MayBePredictedFrom">Whether others may be predicted from it.</param>
/// <param name="Effort">The effort that it was encoded with.</param>
internal sealed record RebasedFrame(
    long? Parent, Digest Mask, bool IsBlocks, long Changed, long Brought, long Values, Digest? Proof, bool MayBePredictedFrom,
    CodecEffort Effort);
