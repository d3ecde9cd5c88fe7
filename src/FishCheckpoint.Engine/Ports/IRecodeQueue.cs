
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads the frames to recode.</summary>
internal interface IRecodeQueue
{
    /// <summary>Bytes of all frames to recode, estimated from rows; for one task, without masks.</summary>
    /// <param name="task">The task; <see langword="null"/> for all.</param>
    long BytesOfAll(long? task);

    /// <summary>The next mask.</summary>
    /// <param name="after">The last place; -1 for the first call.</param>
    /// <param name="task">The task that uses it; <see langword="null"/> for any.</param>
    MaskToRecode? NextMask(long after, long? task);

    /// <summary>The next checkpoint, tombstones included.</summary>
    /// <param name="after">The last place; -1 for the first call.</param>
    /// <param name="task">Its task; <see langword="null"/> for any.</param>
    CheckpointToRecode? NextCheckpoint(long after, long? task);
}
