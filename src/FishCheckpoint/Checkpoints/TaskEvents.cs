namespace FishCheckpoint.Checkpoints;

/// <summary>Something that happened to a checkpoint of a task.</summary>
/// <param name="Id">Ascending within a store, with gaps: give the last one to go on from there.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Task">The task.</param>
/// <param name="Step">The checkpoint's step; <see langword="null"/> where the event is of the task.</param>
/// <param name="Tag">The tag that was set or removed. Of one that was set, <paramref name="Step"/> is where it points now.</param>
/// <param name="Time">When.</param>
public sealed record TaskEvent(long Id, TaskEventKind Kind, string Task, long? Step, string? Tag, DateTimeOffset Time);

/// <summary>What can happen. Spelled in lower case in JSON and as the name of a server-sent event.</summary>
public enum TaskEventKind
{
    /// <summary>Events were missed: look at everything anew.</summary>
    Reset,

    /// <summary>A checkpoint was saved, or a deleted one was brought back.</summary>
    Saved,

    /// <summary>A checkpoint was given its trainer state after it was saved.</summary>
    State,

    /// <summary>A tag was set.</summary>
    Tagged,

    /// <summary>A tag was removed.</summary>
    Untagged,

    /// <summary>A checkpoint was pinned.</summary>
    Pinned,

    /// <summary>A checkpoint is no longer pinned.</summary>
    Unpinned,

    /// <summary>A checkpoint was laid on an earlier state; its contents are the same.</summary>
    Folded,

    /// <summary>A checkpoint was deleted, by a request or by retention; without a step, the task was, and no more events follow.</summary>
    Deleted,

    /// <summary>The task's description, metadata or retention was set: another checkpoint may be the best.</summary>
    Changed,
}
