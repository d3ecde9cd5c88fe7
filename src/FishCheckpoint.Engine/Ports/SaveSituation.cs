using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>What may have changed between encoding and writing a save, read by one query.</summary>
/// <param name="Task">The row of the task with the name; <see langword="null"/> if there is none.</param>
/// <param name="IsTaken">Whether the step has a checkpoint.</param>
/// <param name="ParentState">The state of the parent; <see langword="null"/> if the parent is gone.</param>
/// <param name="ParentDepth">The deltas of the parent's chain.</param>
/// <param name="ParentChainBytes">The bytes of the parent's chain.</param>
/// <param name="ReferenceIsUnchanged">Whether the reference is unchanged, or there is none.</param>
/// <param name="ReferenceDepth">The length of the reference's own prediction chain.</param>
/// <param name="EarlierBytes">The bytes of values that a read decodes before these.</param>
/// <param name="MaskIsStored">Whether the mask has a stored frame.</param>
/// <param name="MaskBytes">The bytes of the mask's frame.</param>
/// <param name="MaskIsAccounted">Whether a visible checkpoint accounts for the mask's frame.</param>
internal sealed record SaveSituation(
    long? Task, bool IsTaken, Digest? ParentState, long ParentDepth, long ParentChainBytes, bool ReferenceIsUnchanged, long? ReferenceDepth,
    long EarlierBytes, bool MaskIsStored, long MaskBytes, bool MaskIsAccounted);

/// <summary>A written checkpoint.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Bytes">The bytes that it accounts for.</param>
internal sealed record SavedRow(long Id, long Bytes);
