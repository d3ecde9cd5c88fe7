using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>A mask that was not yet recoded with the highest effort.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Bytes">Bytes of the frame.</param>
/// <param name="Task">The name of a task that uses it.</param>
internal sealed record MaskToRecode(Digest Id, long Frame, long Bytes, string Task);

/// <summary>A checkpoint that was not yet recoded with the highest effort.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Task">The name of its task.</param>
internal sealed record CheckpointToRecode(CheckpointRow Row, string Task);
