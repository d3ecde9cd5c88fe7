using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>What happens to a task's checkpoints, as it happens and from where one left off. Safe for use by many callers at
/// once.</summary>
public interface IEvents
{
    /// <summary>
    /// The events of a task, in the order in which they were committed, each once it is on disk; goes on until cancelled or until the task
    /// is deleted.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="after">
    /// The <see cref="TaskEvent.Id"/> of the last event that is known; <see langword="null"/>: only what comes from now on. Where events
    /// after it are not kept
    /// any more (they are as long as the audit log is), the first is <see cref="TaskEventKind.Reset"/>: look at everything anew.
    /// </param>
    /// <param name="cancellationToken">Ends the events.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; of a client, <see cref="ErrorCode.ServerUnavailable"/>: the
    /// server stopped, or
    /// the connection broke: follow again from the last event's id.</exception>
    IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellationToken = default);
}
