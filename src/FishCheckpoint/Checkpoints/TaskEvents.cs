namespace FishCheckpoint.Checkpoints;

/// <summary>A change to a checkpoint of a task.</summary>
/// <param name="Id">Ascending within a store, with gaps. Pass the last one to continue from there.</param>
/// <param name="Kind">The kind of change.</param>
/// <param name="Task">The task.</param>
/// <param name="Step">The checkpoint's step; <see langword="null"/> if the event concerns the task.</param>
/// <param name="Tag">The tag that was set or removed. If it was set, <paramref name="Step"/> is its new checkpoint.</param>
/// <param name="Time">When it happened.</param>
public sealed record TaskEvent(long Id, TaskEventKind Kind, string Task, long? Step, string? Tag, DateTimeOffset Time);

/// <summary>The kinds of events. In lower case in JSON and as the name of a server-sent event.</summary>
public enum TaskEventKind
{
    /// <summary>Events were missed: list the checkpoints again.</summary>
    Reset,

    /// <summary>A checkpoint was saved or restored.</summary>
    Saved,

    /// <summary>A trainer state was added to an existing checkpoint.</summary>
    State,

    /// <summary>A tag was set.</summary>
    Tagged,

    /// <summary>A tag was removed.</summary>
    Untagged,

    /// <summary>A checkpoint was pinned.</summary>
    Pinned,

    /// <summary>A checkpoint was unpinned.</summary>
    Unpinned,

    /// <summary>A checkpoint was rebased on an earlier state; its content is unchanged.</summary>
    Folded,

    /// <summary>A request or a retention deleted a checkpoint. Without a step, the task was deleted and no more events follow.</summary>
    Deleted,

    /// <summary>The task's description, metadata or retention changed. Another checkpoint may now be the best.</summary>
    Changed,
}
