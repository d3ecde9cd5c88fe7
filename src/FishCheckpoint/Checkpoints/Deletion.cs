using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>How a deleted checkpoint comes back.</summary>
/// <param name="As">The step that it gets. Default: the one that it had.</param>
/// <param name="Pin">Whether it is pinned, so that the retention that deleted it does not do so again. Default: not.</param>
public sealed record UndeleteOptions(long? As = null, bool Pin = false);

/// <summary>A checkpoint that was brought back.</summary>
/// <param name="Checkpoint">What it is.</param>
/// <param name="TakenTags">Tags that it had and other checkpoints have since: these stay where they are.</param>
/// <param name="GoesAgain">Whether the task's retention does not keep it: the next collection deletes it again, with its grace, unless it
/// is pinned or tagged.</param>
public sealed record Undeleted(CheckpointInfo Checkpoint, IReadOnlyList<string> TakenTags, bool GoesAgain);

/// <summary>A deleted checkpoint whose grace goes on.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="State">Identity of the full state.</param>
/// <param name="LogicalBytes">Bytes of the full model that it stands for.</param>
/// <param name="StoredBytes">Bytes that it takes in the store, trainer state included.</param>
/// <param name="StateBytes">Bytes of its trainer state as stored; 0 without.</param>
/// <param name="Metrics">Numbers that the trainer gave with it.</param>
/// <param name="Tags">The tags that it had.</param>
/// <param name="WithTask">Whether it was deleted with its task, and comes back with that.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="Deleted">When it was deleted.</param>
/// <param name="Expires">When its grace is over.</param>
public sealed record DeletedCheckpoint(
    string Task, long Step, Digest State, long LogicalBytes, long StoredBytes, long StateBytes, IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Tags, bool WithTask, DateTimeOffset Created, DateTimeOffset Deleted, DateTimeOffset Expires);

/// <summary>A deleted task, or a task of which checkpoints are deleted, whose grace goes on.</summary>
/// <param name="Name">Its name; of a deleted one, the name that it had.</param>
/// <param name="Base">An alias of its base.</param>
/// <param name="Whole">Whether the task itself is deleted.</param>
/// <param name="Checkpoints">Its deleted checkpoints.</param>
/// <param name="Bytes">What these take in the store.</param>
/// <param name="Deleted">When the task was deleted, or the last of these checkpoints.</param>
/// <param name="Expires">When the grace of the task, or of the last of these, is over.</param>
public sealed record DeletedTask(
    string Name, string Base, bool Whole, long Checkpoints, long Bytes, DateTimeOffset Deleted, DateTimeOffset Expires);
