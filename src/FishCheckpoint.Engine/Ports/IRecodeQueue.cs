
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about frames to recode.</summary>
internal interface IRecodeQueue
{
    /// <summary>Bytes of all that is taken, one after another, as far as rows tell; of one task, without its masks.</summary>
    /// <param name="task">The task; <see langword="null"/> for all.</param>
    long BytesOfAll(long? task);

    /// <summary>The next mask.</summary>
    /// <param name="after">The place of the last one; -1 for the first.</param>
    /// <param name="task">The task that uses it; <see langword="null"/> for any.</param>
    MaskToRecode? NextMask(long after, long? task);

    /// <summary>The next checkpoint, those that only others still need included.</summary>
    /// <param name="after">The place of the last one; -1 for the first.</param>
    /// <param name="task">Its task; <see langword="null"/> for any.</param>
    CheckpointToRecode? NextCheckpoint(long after, long? task);
}
