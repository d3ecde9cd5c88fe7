using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about events of tasks.</summary>
internal interface IEventRows
{
    /// <summary>The number of the newest entry; 0 for none.</summary>
    long Newest();

    /// <summary>Whether entries after one may have been let go.</summary>
    bool IsForgotten(long after);

    /// <summary>The next events of a task, and the number up to which everything was looked at.</summary>
    (IReadOnlyList<TaskEvent> Events, long Place) After(string task, long after);
}
