
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about the grace of deleted checkpoints and tasks.</summary>
internal interface IGraceRows
{
    /// <summary>The checkpoints whose grace is over or, where it is to be ended, goes on.</summary>
    /// <param name="now">The time.</param>
    /// <param name="all">Whether those of a task, or all, count whose grace goes on.</param>
    /// <param name="task">The task of these, by the name that it has or had; <see langword="null"/> for all.</param>
    List<long> Expired(DateTimeOffset now, bool all, string? task);

    /// <summary>How many checkpoints of a task, or of all, are in their grace, and their bytes.</summary>
    (long Checkpoints, long Bytes) Count(DateTimeOffset now, string? task);

    /// <summary>The checkpoint whose grace ends first, its task, and whether it was deleted with that.</summary>
    Tuple<long, long, bool>? First(DateTimeOffset now);

    /// <summary>Some checkpoints whose grace is over, with the frames of their trainer states.</summary>
    List<(long Id, long? TrainerFrame)> Over(DateTimeOffset now, int most);

    /// <summary>Some deleted tasks whose grace is over, as that of their checkpoints is.</summary>
    List<long> TasksOver(DateTimeOffset now, int most);

    /// <summary>The checkpoints of a task that can be brought back, with the frames of their trainer states.</summary>
    List<(long Id, long? TrainerFrame)> OfTask(long task);
}

/// <summary>Changes the grace of deleted checkpoints and tasks.</summary>
internal interface IGraceChanges : IGraceRows
{
    /// <summary>Ends the grace of deleted tasks that had a name, or of all.</summary>
    /// <returns>How many there were.</returns>
    int EndTasks(DateTimeOffset now, string? task);

    /// <summary>Ends the grace of the checkpoints of a task, or of all.</summary>
    void EndCheckpoints(DateTimeOffset now, string? task);

    /// <summary>Ends the grace of a checkpoint, and of all that was deleted with its task.</summary>
    /// <returns>Bytes that these account for.</returns>
    long End(DateTimeOffset now, long id, long task, bool withTask);

    /// <summary>Takes a checkpoint out of view.</summary>
    /// <param name="id">The checkpoint.</param>
    /// <param name="brought">Bytes of its mask that it still accounts for.</param>
    /// <param name="now">The time.</param>
    /// <param name="expires">When its grace ends.</param>
    /// <param name="tags">The tags that it had, as JSON.</param>
    void Hide(long id, long brought, DateTimeOffset now, DateTimeOffset expires, string? tags);

    /// <summary>Forgets what only bringing a deleted checkpoint back would need.</summary>
    void Forget(long id);
}
