using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads tasks.</summary>
internal interface ITaskRows
{
    /// <summary>Whether a task has the name.</summary>
    bool Exists(string name);

    /// <summary>Whether only a deleted task has the name.</summary>
    bool IsDeleted(string name);

    /// <summary>The row of the task with a name.</summary>
    long? FindId(string name);

    /// <summary>The task with a name, as saves and restores need it.</summary>
    StoredTask? Stored(string name);

    /// <summary>The task of a row, deleted or not.</summary>
    StoredTask? Stored(long id);

    /// <summary>The task with a name, as users see it.</summary>
    TaskInfo? Find(string name);

    /// <summary>A page of tasks, by name.</summary>
    Page<TaskInfo> List(PageRequest page);

    /// <summary>The name of a task that is not deleted, or its placeholder.</summary>
    string? NameOf(long id);

    /// <summary>The names of all tasks that are not deleted, oldest first.</summary>
    List<string> Names();

    /// <summary>The names of the tasks with visible checkpoints.</summary>
    List<string> NamesWithCheckpoints();

    /// <summary>The names of the tasks on a base, without deleted ones.</summary>
    List<string> NamesOnBase(Digest id);

    /// <summary>The tasks on a base, deleted ones included.</summary>
    List<long> OnBase(Digest id);

    /// <summary>All tasks, deleted ones included, with the layouts from their creation.</summary>
    List<(long Id, string Name, Digest Layout)> Layouts();
}

/// <summary>Changes tasks.</summary>
internal interface ITaskChanges : ITaskRows
{
    /// <summary>Inserts a task.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spec">The description, metadata, retention and branch point.</param>
    /// <param name="base">Its base.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="tensors">Its own tensors, as JSON.</param>
    /// <param name="branchCheckpoint">The row of the checkpoint at its branch point.</param>
    /// <param name="now">The time.</param>
    void Insert(string name, TaskSpec spec, Digest @base, Digest layout, string tensors, long? branchCheckpoint, DateTimeOffset now);

    /// <summary>Changes the settings of a task; <see langword="null"/> keeps one.</summary>
    void SetSettings(string name, string? description, IReadOnlyDictionary<string, string>? metadata, Retention? retention);

    /// <summary>Sets the quota of a task in bytes; <see langword="null"/> removes it.</summary>
    void SetQuota(long id, long? bytes);

    /// <summary>Makes a task invisible and frees its name by giving it one that no task can have.</summary>
    void MarkDeleted(long id, DateTimeOffset now, DateTimeOffset expires);

    /// <summary>Removes the branch point of a task.</summary>
    /// <returns>The checkpoint at the branch point.</returns>
    long? RemoveBranchPoint(long id);

    /// <summary>Deletes the row of a task.</summary>
    void Delete(long id);
}
