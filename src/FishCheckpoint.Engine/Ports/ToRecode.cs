using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A mask that was not yet tried with the most effort.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Bytes">Bytes of that.</param>
/// <param name="Task">The name of a task that uses it.</param>
internal sealed record MaskToRecode(Digest Id, long Frame, long Bytes, string Task);

/// <summary>A checkpoint that was not yet tried with the most effort.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Task">The name of its task.</param>
internal sealed record CheckpointToRecode(CheckpointRow Row, string Task);
