using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>What a save finds when it is written: all that may have changed since it was encoded, by one question.</summary>
/// <param name="Task">The row of the task of that name, if there still is one.</param>
/// <param name="IsTaken">Whether the step has a checkpoint.</param>
/// <param name="ParentState">The state of the parent, if it is still there.</param>
/// <param name="ParentDepth">The deltas of the parent's chain.</param>
/// <param name="ParentChainBytes">The bytes of the parent's chain.</param>
/// <param name="ReferenceIsThere">Whether what the values are predicted from is as it was, or there is no such checkpoint.</param>
/// <param name="ReferenceDepth">How many that one is predicted from.</param>
/// <param name="EarlierBytes">The bytes of the values that have to be read before these.</param>
/// <param name="MaskIsStored">Whether a frame of the mask is stored.</param>
/// <param name="MaskBytes">The bytes of that frame.</param>
/// <param name="MaskIsAccounted">Whether a visible checkpoint accounts for it.</param>
internal sealed record SaveSituation(
    long? Task, bool IsTaken, Digest? ParentState, long ParentDepth, long ParentChainBytes, bool ReferenceIsThere, long? ReferenceDepth,
    long EarlierBytes,
    bool MaskIsStored, long MaskBytes, bool MaskIsAccounted);

/// <summary>A checkpoint that was written.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Bytes">The bytes that it accounts for.</param>
internal sealed record SavedRow(long Id, long Bytes);
