
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads the grace of deleted checkpoints and tasks.</summary>
internal interface IGraceRows
{
    /// <summary>The deleted checkpoints whose grace has ended or is to be ended.</summary>
    /// <param name="now">The time.</param>
    /// <param name="all">Whether to include checkpoints whose grace has not ended.</param>
    /// <param name="task">The present or former name of their task; <see langword="null"/> for all tasks.</param>
    List<long> Expired(DateTimeOffset now, bool all, string? task);

    /// <summary>The number and bytes of the checkpoints of a task, or of all, during their grace.</summary>
    (long Checkpoints, long Bytes) Count(DateTimeOffset now, string? task);

    /// <summary>The checkpoint whose grace ends first, its task, and whether the task was deleted with it.</summary>
    Tuple<long, long, bool>? First(DateTimeOffset now);

    /// <summary>Some checkpoints whose grace has ended, with the frames of their trainer states.</summary>
    List<(long Id, long? TrainerFrame)> Over(DateTimeOffset now, int most);

    /// <summary>Some deleted tasks whose grace, and that of their checkpoints, has ended.</summary>
    List<long> TasksOver(DateTimeOffset now, int most);

    /// <summary>The restorable checkpoints of a task, with the frames of their trainer states.</summary>
    List<(long Id, long? TrainerFrame)> OfTask(long task);
}

/// <summary>Changes the grace of deleted checkpoints and tasks.</summary>
internal interface IGraceChanges : IGraceRows
{
    /// <summary>Ends the grace of the deleted tasks with a name, or of all.</summary>
    /// <returns>The number of tasks.</returns>
    int EndTasks(DateTimeOffset now, string? task);

    /// <summary>Ends the grace of the checkpoints of a task, or of all.</summary>
    void EndCheckpoints(DateTimeOffset now, string? task);

    /// <summary>Ends the grace of a checkpoint, or of everything that was deleted with its task.</summary>
    /// <returns>Bytes that they account for.</returns>
    long End(DateTimeOffset now, long id, long task, bool withTask);

    /// <summary>Makes a checkpoint invisible.</summary>
    /// <param name="id">The checkpoint.</param>
    /// <param name="positionBytes">Bytes of the mask that it still accounts for.</param>
    /// <param name="now">The time.</param>
    /// <param name="expires">The end of its grace.</param>
    /// <param name="tags">Its tags, as JSON.</param>
    void MarkDeleted(long id, long positionBytes, DateTimeOffset now, DateTimeOffset expires, string? tags);

    /// <summary>Drops what only a restore of the deleted checkpoint would need.</summary>
    void Forget(long id);
}
