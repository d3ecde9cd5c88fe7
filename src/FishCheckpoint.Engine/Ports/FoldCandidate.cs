
namespace FishCheckpoint.Engine.Ports;

/// <summary>A checkpoint that folding may base on an earlier state.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Onto">The new parent of a checkpoint whose parent is deleted; <see langword="null"/> for the base. Unused if it costs too
/// much to read: encoding then finds the parent.</param>
/// <param name="Freed">Bytes that the fold frees; 0 for a checkpoint that costs too much to read, which is folded at any price.</param>
/// <param name="Bytes">Bytes of frames that the fold reads.</param>
internal sealed record FoldCandidate(CheckpointRow Row, CheckpointRow? Onto, long Freed, long Bytes)
{
    /// <summary>Whether the checkpoint costs too much to read.</summary>
    public bool CostsTooMuch => Freed == 0;
}
