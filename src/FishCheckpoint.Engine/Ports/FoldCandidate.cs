
namespace FishCheckpoint.Engine.Ports;

/// <summary>A checkpoint that may be based on an earlier state.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Onto">
/// For one that is based on a deleted one: the state, or <see langword="null"/> for the base. Not used for one that costs too much: where
/// that goes is found by encoding.
/// </param>
/// <param name="Freed">Bytes that go when it is laid there; 0 for one that costs too much to read, which is folded whatever that
/// takes.</param>
/// <param name="Bytes">Bytes of frames that are read for it.</param>
internal sealed record FoldCandidate(CheckpointRow Row, CheckpointRow? Onto, long Freed, long Bytes)
{
    /// <summary>Whether it is one that costs too much to read.</summary>
    public bool CostsTooMuch => Freed == 0;
}
