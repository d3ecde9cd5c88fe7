using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>Changes to a task's checkpoints, live or from a known event on. Safe for concurrent use.</summary>
public interface IEvents
{
    /// <summary>
    /// The events of a task in commit order, each after it is on disk. Continues until cancellation or until the task is deleted.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="after">The <see cref="TaskEvent.Id"/> of the last known event; <see langword="null"/> for new events only. If later
    /// events were already removed (they are kept as long as the audit log), the first event is <see cref="TaskEventKind.Reset"/>: list the
    /// checkpoints again.</param>
    /// <param name="cancellationToken">Cancels the events.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; from a client, <see cref="ErrorCode.ServerUnavailable"/>: the
    /// server stopped or the connection broke. Follow again from the last event's id.</exception>
    IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellationToken = default);
}
