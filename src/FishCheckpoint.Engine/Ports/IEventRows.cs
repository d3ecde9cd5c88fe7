using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads events of tasks.</summary>
internal interface IEventRows
{
    /// <summary>The number of the newest entry; 0 for none.</summary>
    long Newest();

    /// <summary>Whether entries after the given one may have been deleted.</summary>
    bool IsForgotten(long after);

    /// <summary>The next events of a task, and the number of the last entry that was searched.</summary>
    (IReadOnlyList<TaskEvent> Events, long Place) After(string task, long after);
}
