using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about tasks.</summary>
internal interface ITaskRows
{
    /// <summary>Whether a task has a name.</summary>
    bool Exists(string name);

    /// <summary>Whether there is no task of a name, but a deleted one that had it.</summary>
    bool IsDeleted(string name);

    /// <summary>The row of the task that has a name.</summary>
    long? FindId(string name);

    /// <summary>The task that has a name, as saves and restores need it.</summary>
    StoredTask? Stored(string name);

    /// <summary>The task of a row, deleted or not.</summary>
    StoredTask? Stored(long id);

    /// <summary>The task that has a name, as its users see it.</summary>
    TaskInfo? Find(string name);

    /// <summary>A page of the tasks, in the order of their names.</summary>
    Page<TaskInfo> List(PageRequest page);

    /// <summary>The name of a task that is not deleted, or the one that stands for it.</summary>
    string? NameOf(long id);

    /// <summary>The names of all tasks that are not deleted, the oldest first.</summary>
    List<string> Names();

    /// <summary>The names of the tasks that have visible checkpoints.</summary>
    List<string> NamesWithCheckpoints();

    /// <summary>The names of the tasks on a base that are not deleted.</summary>
    List<string> NamesOnBase(Digest id);

    /// <summary>The tasks on a base, deleted ones included.</summary>
    List<long> OnBase(Digest id);

    /// <summary>All tasks, deleted ones included, with the layouts that they were made with.</summary>
    List<(long Id, string Name, Digest Layout)> Layouts();
}

/// <summary>Changes tasks.</summary>
internal interface ITaskChanges : ITaskRows
{
    /// <summary>Stores a new task.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spec">Description, metadata, retention and start.</param>
    /// <param name="base">Its base.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="tensors">Its own tensors, as JSON.</param>
    /// <param name="origin">The row of the checkpoint that it starts from.</param>
    /// <param name="now">The time.</param>
    void Insert(string name, TaskSpec spec, Digest @base, Digest layout, string tensors, long? origin, DateTimeOffset now);

    /// <summary>Sets what of a task may change.</summary>
    void SetSettings(string name, string? description, IReadOnlyDictionary<string, string>? metadata, Retention? retention);

    /// <summary>Sets the bytes that a task may store; <see langword="null"/> for no limit.</summary>
    void SetQuota(long id, long? bytes);

    /// <summary>Takes a task out of view, under a name that no task can have: the one that it had is free.</summary>
    void Hide(long id, DateTimeOffset now, DateTimeOffset expires);

    /// <summary>Forgets the checkpoint that a task starts from.</summary>
    /// <returns>That checkpoint.</returns>
    long? RemoveBranchPoint(long id);

    /// <summary>Deletes the row of a task.</summary>
    void Delete(long id);
}
