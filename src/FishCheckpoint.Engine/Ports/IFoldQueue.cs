
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about checkpoints to fold.</summary>
internal interface IFoldQueue
{
    /// <summary>
    /// Bytes of frames that are read for all checkpoints of a task that cost too much now; less by the time, as what they are based on is
    /// folded.
    /// </summary>
    long BytesOfCostly(long task, ChainBound bound);

    /// <summary>The next checkpoint of a task that costs too much to read.</summary>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last one's row; -1 for the first.</param>
    /// <param name="bound">What a read may cost.</param>
    FoldCandidate? NextCostly(long task, long after, ChainBound bound);

    /// <summary>The next checkpoint of a task that is based on a deleted one which nothing else needs.</summary>
    /// <param name="task">The task's row.</param>
    /// <param name="after">The last one's row; -1 for the first.</param>
    FoldCandidate? NextOnDeleted(long task, long after);
}
