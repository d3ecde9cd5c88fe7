
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads the checkpoints to fold.</summary>
internal interface IFoldQueue
{
    /// <summary>
    /// Bytes of frames that folding all costly checkpoints of a task reads; an upper bound, since folding an ancestor shortens others.
    /// </summary>
    long BytesOfCostly(long task, ChainBound bound);

    /// <summary>The next checkpoint of a task that costs too much to read.</summary>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last row; -1 for the first call.</param>
    /// <param name="bound">The limit on the cost of a read.</param>
    FoldCandidate? NextCostly(long task, long after, ChainBound bound);

    /// <summary>The next checkpoint of a task whose parent is deleted and has no other dependents.</summary>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last row; -1 for the first call.</param>
    FoldCandidate? NextOnDeleted(long task, long after);
}
